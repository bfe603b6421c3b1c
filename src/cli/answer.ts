import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { CrewError, messageOf } from '../errors.ts';
import { parseJson } from '../internal/json.ts';
import type { OpenReview, ReviewAnswer } from '../spec/review.ts';
import { type Command, CREW_OPTIONS } from './command.ts';
import { ENGINE_OPTION } from './engine-choice.ts';
import { findRun } from './find-run.ts';
import { keptRuns } from './kept-run.ts';
import { loadCrew } from './load-crew.ts';
import { readOptions } from './options.ts';
import { placeCrew } from './placed-crew.ts';
import { isCrewError } from './report.ts';

const args = {
  run: { type: 'positional', description: 'Id of the run: crewline reviews lists what waits', required: true },
  question: {
    type: 'positional',
    description: 'The task whose output it is, or the id of a tool call',
    required: true,
  },
  crew: { type: 'positional', description: 'Its crew, where it cannot be found by itself', required: false },
  approve: { type: 'boolean', description: 'It may stand; the tool may be called' },
  edit: {
    type: 'string',
    description: 'The output instead: text where it is text, else JSON; or @file',
    valueHint: 'text|json|@file',
  },
  'send-back': {
    type: 'string',
    description: 'It is to be done again, and why; the tool is not called',
    valueHint: 'reason',
  },
  ...ENGINE_OPTION,
  debug: CREW_OPTIONS.debug,
} as const;

/** `crewline answer`: says what a run waits for a person to say, whether anybody works it or not. */
export const answer: Command = {
  summary: 'Answer what a run asks a person',
  args,
  examples: [
    'crewline answer run_0a1b2c3d letter --approve',
    'crewline answer run_0a1b2c3d letter --edit @letter.txt',
    "crewline answer run_0a1b2c3d letter --send-back 'Say when.'",
    'crewline answer run_0a1b2c3d bill/turn.1.tool.0 --approve',
  ],
  async work(words, session) {
    const { args: given } = readOptions(words, { command: 'answer', args });
    const { cwd, stderr } = session;
    const { runId, crew } = await findRun(given, session, ['answer', given.run, given.question]);
    const found = await loadCrew(crew, cwd);
    const placed = await placeCrew(found, given.engine, { cwd, inputs: {} });
    try {
      const open = await placed.crew.reviews(runId);
      const meant = open.find(({ id, taskName }) => id === given.question || taskName === given.question);
      await giveFirst(readAnswer(given, { cwd, meant }), (said) => placed.crew.answer(runId, given.question, said));
    } finally {
      await placed.close();
    }
    const needs = placed.isOwn ? { crew, engine: undefined } : { crew: given.crew, engine: given.engine };
    const { command, hint } = keptRuns(placed.keptIn ?? '', needs);
    stderr.write(`Answered. Who works the run goes on; if nobody does: ${command(runId)}\n`);
    if (hint !== undefined) stderr.write(`${hint}\n`);
    return 0;
  },
};

interface Given {
  readonly approve?: boolean | undefined;
  readonly edit?: string | undefined;
  readonly 'send-back'?: string | undefined;
}

/** Where an answer is given. */
interface Place {
  readonly cwd: string;
  /** The question, if it is open. */
  readonly meant: OpenReview | undefined;
}

/** What was said; several where it can be read in several ways. @throws {CrewError} `USAGE`. */
function readAnswer(given: Given, place: Place): readonly ReviewAnswer[] {
  const { approve, edit, 'send-back': sendBack } = given;
  const answers: (readonly ReviewAnswer[])[] = [];
  if (approve === true) answers.push([{ approve }]);
  if (edit !== undefined) answers.push(readEdit(edit, place).map((read) => ({ edit: read })));
  if (sendBack !== undefined) answers.push([{ sendBack }]);
  const [first] = answers;
  if (first !== undefined && answers.length === 1) return first;
  throw new CrewError('USAGE', 'Give one of --approve, --edit and --send-back.');
}

/**
 * The place of a text is taken by a text, as it is written; that of anything else by JSON. What is asked no more does not tell
 * which of them it was.
 */
function readEdit(written: string, { cwd, meant }: Place): readonly unknown[] {
  const text = written.startsWith('@') ? readFile(resolve(cwd, written.slice(1))) : written;
  if (meant?.kind === 'output' && typeof meant.output === 'string') return [text];
  const json = parseJson(text);
  if (meant === undefined) return json.ok ? [text, json.value] : [text];
  if (json.ok) return [json.value];
  if (meant.kind === 'tool') return [text];
  throw new CrewError('USAGE', `--edit must be JSON, as this output is no text: ${json.problem}`);
}

/** Gives the first of these answers that is taken. @throws what tells most of why none is. */
async function giveFirst(
  answers: readonly ReviewAnswer[],
  give: (answer: ReviewAnswer) => Promise<void>,
): Promise<void> {
  const refused: unknown[] = [];
  for (const answer of answers) {
    try {
      return await give(answer);
    } catch (thrown) {
      refused.push(thrown);
      if (!isCrewError(thrown) || !WRONG_ANSWER.has(thrown.code)) break;
    }
  }
  throw refused.find((thrown) => isCrewError(thrown) && thrown.code === 'REVIEW_ANSWERED') ?? refused[0];
}

/** Codes of answers that are not the one which counts, or cannot be one. */
const WRONG_ANSWER: ReadonlySet<string> = new Set(['REVIEW_ANSWERED', 'OUTPUT_INVALID']);

function readFile(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new CrewError('USAGE', `--edit @${path} cannot be read: ${messageOf(cause)}`, { cause });
  }
}
