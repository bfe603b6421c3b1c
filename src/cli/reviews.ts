import type { RecordedQuestion } from '../engines/journal.ts';
import type { RunStore } from '../engines/run-store.ts';
import { questionsIn } from '../engines/stored-questions.ts';
import { messageOf } from '../errors.ts';
import { isJsonObject } from '../internal/json.ts';
import type { JsonObject } from '../spec/json.ts';
import { cleanText } from '../telemetry/clean.ts';
import type { Colours } from '../telemetry/format.ts';
import type { Command } from './command.ts';
import { ENGINE_OPTION, engineHint } from './engine-choice.ts';
import { withRun } from './find-run.ts';
import { answerCommands } from './kept-run.ts';
import { readOptions } from './options.ts';
import { redactor } from './redact.ts';
import { shownTime } from './run-words.ts';
import { withStore } from './store.ts';

const args = {
  run: { type: 'positional', description: 'Only of this run', required: false },
  json: { type: 'boolean', description: 'As JSON' },
  ...ENGINE_OPTION,
  debug: { type: 'boolean', description: 'Show stacks with errors' },
} as const;

/** What one run waits for somebody to say. */
interface Waiting {
  readonly runId: string;
  readonly crew: string;
  readonly id: string;
  readonly taskName: string;
  readonly askedAt: number;
  readonly about: JsonObject;
}

/** `crewline reviews`: what runs wait for a person to say, and the commands that say it. */
export const reviews: Command = {
  summary: 'List what runs wait for a person to say',
  args,
  examples: ['crewline reviews', 'crewline reviews run_0a1b2c3d --json'],
  async work(words, session) {
    const { args: given } = readOptions(words, { command: 'reviews', args });
    const redact = redactor(session.env);
    const { stdout, stderr, colours } = session;
    const damaged = (error: unknown) => stderr.write(`${redact(cleanText(messageOf(error), 'block'))}\n`);
    const { run, engine } = given;
    const list =
      run === undefined
        ? await withStore<readonly Waiting[]>(engine, session, {
            work: (store) => waitingIn(store, damaged),
            none: () => [],
          })
        : await withRun({ run, engine }, session, waitingOf);
    if (given.json === true) stdout.write(`${redact(JSON.stringify(list, null, 2))}\n`);
    else if (list.length === 0) stderr.write('Nothing waits for a person.\n');
    else {
      stdout.write(redact(list.map((waiting) => told(waiting, engine, colours.stdout)).join('\n')));
      const hint = engineHint(engine);
      if (hint !== undefined) stderr.write(`${hint}\n`);
    }
    return 0;
  },
};

/** Of all runs that are not done; one that is damaged is told of, and hides no other. */
async function waitingIn(store: RunStore, damaged: (error: unknown) => void): Promise<readonly Waiting[]> {
  return (await store.answers.waiting()).flatMap(({ runId, crew, questions, problem }) => {
    if (problem !== undefined) damaged(problem);
    return questions.map((question) => waitingFor(runId, crew, question));
  });
}

async function waitingOf(store: RunStore, runId: string): Promise<readonly Waiting[]> {
  const { run, records, answers } = await store.records(runId);
  const questions = [...questionsIn(records, answers).values()].filter(({ answer }) => answer === undefined);
  return questions.map((question) => waitingFor(runId, run.crew, question));
}

function waitingFor(runId: string, crew: string, { id, taskName, askedAt, about }: RecordedQuestion): Waiting {
  return { runId, crew, id, taskName, askedAt, about };
}

function told(
  { runId, crew, id, taskName, askedAt, about }: Waiting,
  engine: string | undefined,
  { bold, dim }: Colours,
): string {
  const { kind, question, output, raw, tool, arguments: given } = isJsonObject(about) ? about : {};
  const asks = kind === 'tool' ? `may ${tool} be called?` : typeof question === 'string' ? question : 'may this stand?';
  const what = kind === 'tool' ? String(given) : String(raw);
  const lines = [
    `${bold(cleanText(taskName))}  ${cleanText(asks)}  ${dim(`${cleanText(crew)} · ${shownTime(askedAt)}`)}`,
    ...cleanText(what, 'block')
      .trimEnd()
      .split('\n')
      .map((line) => `  ${line}`),
    ...answerCommands({
      runId,
      id,
      taskName,
      kind: kind === 'tool' ? 'tool' : 'output',
      engine,
      isText: typeof output === 'string',
    }),
  ];
  return `${lines.join('\n')}\n`;
}
