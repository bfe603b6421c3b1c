import { parseJson } from '../internal/json.ts';
import type { Review, ReviewAnswer, ReviewRequest } from '../spec/review.ts';
import { cleanText } from '../telemetry/clean.ts';
import type { AskingOptions } from './approver.ts';
import { editText } from './edit-text.ts';

const CHOICES = '[a]pprove, [e]dit, or say why it goes back:';

/**
 * Asks on the terminal what becomes of a task's output: a lets it stand, e edits it, with `$VISUAL` or `$EDITOR` where there is
 * one, and anything else of more than a letter sends it back as the reason. Where the terminal is gone nobody has answered: others
 * still can.
 */
export function terminalReviewer(options: AskingOptions): Review {
  return async (request) => {
    const answer = await options.desk.hold(() => ask(options, request));
    // Not its own answer to give: whoever waits for this question has another, or waits on.
    return answer ?? new Promise<never>(() => {});
  };
}

/** Undefined where nobody has answered. */
async function ask(options: AskingOptions, request: ReviewRequest): Promise<ReviewAnswer | undefined> {
  const { desk, session, redact } = options;
  const { bold, yellow, dim, red } = session.colours.stderr;
  const { taskName, agent, question, raw, problem, signal } = request;
  const facts = [`task ${taskName}`, ...(agent === null ? [] : [`agent ${cleanText(agent)}`])];
  const output = redact(cleanText(raw, 'block')).trimEnd();
  const asks = bold(cleanText(question ?? 'May this stand?'));
  let wrong = problem === undefined ? '' : `${red('✗')} ${cleanText(redact(problem), 'block')}\n`;
  let shown = `\n${yellow('?')} ${dim(facts.join(' · '))}\n${output}\n`;
  while (!signal.aborted) {
    const line = await desk.line(`${shown}${wrong}${asks} ${CHOICES} `, signal);
    if (line === undefined) break;
    const said = cleanText(line);
    if (/^a(?:pprove)?$|^y(?:es)?$/i.test(said)) return { approve: true };
    if (/^e(?:dit)?$/i.test(said)) {
      const edited = await edit(options, request);
      if ('edit' in edited) return edited;
      wrong = `${red('✗')} ${edited.problem}\n`;
    } else if (said.length > 1 && !/^no$/i.test(said)) return { sendBack: said };
    else wrong = said === '' ? '' : `${red('✗')} Say why, in a few words.\n`;
    shown = '';
  }
  if (signal.aborted)
    session.stderr.write(`${dim(`${cleanText(taskName)} was answered elsewhere, or is not asked any more.`)}\n`);
  return undefined;
}

/** What somebody makes of an output: text as text, anything else as JSON. */
async function edit(
  { desk, session, redact }: AskingOptions,
  { output, raw, signal }: ReviewRequest,
): Promise<{ readonly edit: unknown } | { readonly problem: string }> {
  const isText = typeof output === 'string';
  const before = redact(isText ? raw : JSON.stringify(output, null, 2));
  const { VISUAL, EDITOR } = session.env;
  const editor = VISUAL || EDITOR || undefined;
  const what = isText ? 'The new output, on one line:' : 'The new output as JSON, on one line:';
  const after =
    editor === undefined
      ? await desk.line(`${what} `, signal)
      : await editText(before, { editor, kind: isText ? 'txt' : 'json', signal });
  if (after === undefined || after.trim() === '') return { problem: 'Nothing was given.' };
  if (after === before) return { problem: 'Nothing was changed.' };
  if (isText) return { edit: after };
  const json = parseJson(after);
  return json.ok ? { edit: json.value } : { problem: `That is no JSON: ${json.problem}` };
}
