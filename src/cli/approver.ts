import { createInterface } from 'node:readline';
import type { ApprovalAnswer, ApprovalRequest, Approve } from '../spec/approval.ts';
import { cleanText, escapedText } from '../telemetry/clean.ts';
import type { Progress } from './progress.ts';
import type { Session } from './session.ts';

/** What was typed before a question is no answer to it: so long is thrown away what comes in. */
const DEAF_MS = 100;

/** What the questions need. */
export interface ApproverOptions {
  readonly session: Session;
  readonly progress: Progress;
  /** Takes secrets out of what is shown. */
  readonly redact: (text: string) => string;
}

/**
 * Asks on the terminal whether a tool may be called, one question at a time, the progress standing still meanwhile. Only y
 * and yes are a yes; anything else is a no, and what it says is the reason that the model is told. Undefined where input or
 * standard error is no terminal: nobody is there, and what needs a yes is refused.
 */
export function terminalApprover({ session, progress, redact }: ApproverOptions): Approve | undefined {
  const { stdin, stderr, colours } = session;
  if (stdin.isTTY !== true || !stderr.isTerminal) return undefined;
  const { bold, yellow, dim } = colours.stderr;
  let last: Promise<unknown> = Promise.resolve();

  const ask = async (request: ApprovalRequest): Promise<ApprovalAnswer> => {
    if (request.signal.aborted) return false;
    const resume = progress.hold();
    try {
      const facts = [`risk: ${request.risk}`, `task ${request.taskName}`, `agent ${cleanText(request.agent)}`];
      const line = nextLine(session, request.signal);
      await new Promise((resolve) => setTimeout(resolve, DEAF_MS));
      const input = redact(escapedText(JSON.stringify(request.input, null, 2) ?? 'nothing'));
      const question = `${bold(`May it call ${cleanText(request.tool)}`)} with these arguments? [y/N, or why not]`;
      stderr.write(`\n${yellow('?')} ${dim(facts.join(' · '))}\n${input}\n${question} `);
      const answer = await line();
      if (answer === undefined) stderr.write('\n');
      return readAnswer(answer);
    } finally {
      resume();
    }
  };

  return (request) => {
    const answer = last.then(() => ask(request));
    last = answer.catch(() => undefined);
    return answer;
  };
}

function readAnswer(line: string | undefined): ApprovalAnswer {
  const said = cleanText(line ?? '');
  if (/^y(?:es)?$/i.test(said)) return true;
  return said === '' || /^no?$/i.test(said) ? false : { refuse: said };
}

/**
 * Listens from now on; what is returned gives the next line that is typed from when it is called, or undefined when the
 * terminal is gone or nobody waits for it any more. The terminal stays in its line mode, so that Ctrl-C is what it always is.
 */
function nextLine({ stdin }: Session, signal: AbortSignal): () => Promise<string | undefined> {
  const lines = createInterface({ input: stdin, terminal: false });
  const closed = new Promise<undefined>((resolve) => lines.once('close', () => resolve(undefined)));
  // A terminal that was closed is no reason to end the run.
  const gone = (): void => lines.close();
  stdin.once('error', gone);
  signal.addEventListener('abort', gone);
  if (signal.aborted || stdin.readableEnded || stdin.destroyed) gone();
  return async () => {
    try {
      return await Promise.race([closed, new Promise<string>((resolve) => lines.once('line', resolve))]);
    } finally {
      signal.removeEventListener('abort', gone);
      stdin.off('error', gone);
      lines.close();
      stdin.pause();
    }
  };
}
