import { CrewError } from '../errors.ts';
import { didYouMean } from '../internal/suggest.ts';
import type { Message } from '../spec/message.ts';
import { cleanText } from '../telemetry/clean.ts';
import { type Command, CREW_OPTIONS } from './command.ts';
import { readInputs } from './inputs.ts';
import { type LoadedCrew, loadCrew } from './load-crew.ts';
import { readOptions } from './options.ts';
import type { Session } from './session.ts';

const { crew, ...common } = CREW_OPTIONS;
const args = {
  crew,
  task: { type: 'positional', description: 'Only this task', required: false },
  ...common,
  json: { type: 'boolean', description: 'As JSON: a list of { task, messages }' },
} as const;

/** `crewline prompts`: the exact messages of each task's first call, without making it. */
export const prompts: Command = {
  summary: 'Show the exact prompts of a crew, without spending',
  args,
  examples: ['crewline prompts newsroom --input topic=tea', 'crewline prompts newsroom article --input topic=tea'],
  async work(words, session) {
    const { args: given, valuesOf } = readOptions(words, { command: 'prompts', args, repeatable: ['input'] });
    if (given.model !== undefined) process.env['CREWLINE_MODEL'] = given.model;
    const { crew: loaded } = await loadCrew(given.crew, session.cwd);
    const inputs = readInputs(loaded, { pairs: valuesOf('input'), file: given.inputs, cwd: session.cwd });
    const shown = tasksOf(loaded, given.task).map((task) => ({
      task,
      messages: loaded.renderPrompt(task, { inputs }),
    }));
    if (given.json) session.stdout.write(`${JSON.stringify(shown, null, 2)}\n`);
    else for (const { task, messages } of shown) printMessages(task, messages, session);
    return 0;
  },
};

/** The task asked for, else every task that an agent works. */
function tasksOf(loaded: LoadedCrew, task: string | undefined): string[] {
  const tasks = loaded.plan().tasks;
  const worked = tasks.filter((entry) => !entry.code).map((entry) => entry.name);
  if (task === undefined && worked.length > 0) return worked;
  if (task !== undefined && worked.includes(task)) return [task];
  throw new CrewError('USAGE', whyNot(loaded.name, tasks, task));
}

function whyNot(crewName: string, tasks: readonly { readonly name: string }[], task: string | undefined): string {
  if (task === undefined) return `All tasks of crew "${crewName}" are done by code: there are no prompts.`;
  const names = tasks.map((entry) => entry.name);
  if (names.includes(task)) return `Task "${task}" is done by code: it has no prompt.`;
  return `Crew "${crewName}" has no task "${task}".${didYouMean(task, names)}`;
}

function printMessages(task: string, messages: readonly Message[], { stdout, colours }: Session): void {
  for (const message of messages) {
    const text = stdout.isTerminal ? cleanText(message.content, 'block') : message.content;
    stdout.write(`${colours.stdout.bold(`── ${task} · ${message.role} ──`)}\n${text.trimEnd()}\n\n`);
  }
}
