import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { CrewError, messageOf } from '../errors.ts';
import { parseJson } from '../internal/json.ts';
import type { ReviewAnswer } from '../spec/review.ts';
import { type Command, CREW_OPTIONS } from './command.ts';
import { ENGINE_OPTION } from './engine-choice.ts';
import { findRun } from './find-run.ts';
import { keptRuns } from './kept-run.ts';
import { loadCrew } from './load-crew.ts';
import { readOptions } from './options.ts';
import { placeCrew } from './placed-crew.ts';

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
    const { runId, crew } = await findRun(given, session);
    const found = await loadCrew(crew, cwd);
    const placed = await placeCrew(found, given.engine, { cwd, inputs: {} });
    try {
      const open = await placed.crew.reviews(runId);
      const meant = open.find(({ id, taskName }) => id === given.question || taskName === given.question);
      const isText = meant?.kind === 'output' && typeof meant.output === 'string';
      await placed.crew.answer(runId, given.question, readAnswer(given, { cwd, isText }));
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

/** @throws {CrewError} `USAGE`. */
function readAnswer(given: Given, where: { readonly cwd: string; readonly isText: boolean }): ReviewAnswer {
  const { approve, edit, 'send-back': sendBack } = given;
  const answers: ReviewAnswer[] = [];
  if (approve === true) answers.push({ approve });
  if (edit !== undefined) answers.push({ edit: readEdit(edit, where) });
  if (sendBack !== undefined) answers.push({ sendBack });
  const [first] = answers;
  if (first !== undefined && answers.length === 1) return first;
  throw new CrewError('USAGE', 'Give one of --approve, --edit and --send-back.');
}

/** The place of a text is taken by a text, as it is written; that of anything else by JSON. */
function readEdit(written: string, { cwd, isText }: { readonly cwd: string; readonly isText: boolean }): unknown {
  const text = written.startsWith('@') ? readFile(resolve(cwd, written.slice(1))) : written;
  if (isText) return text;
  const json = parseJson(text);
  if (json.ok) return json.value;
  throw new CrewError('USAGE', `--edit must be JSON, as this output is no text: ${json.problem}`);
}

function readFile(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new CrewError('USAGE', `--edit @${path} cannot be read: ${messageOf(cause)}`, { cause });
  }
}
