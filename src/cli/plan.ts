import { existsSync } from 'node:fs';
import { CrewError } from '../errors.ts';
import type { Plan } from '../index.ts';
import { cleanText } from '../telemetry/clean.ts';
import { type Command, CREW_OPTIONS } from './command.ts';
import { ENGINE_OPTION, readEngine } from './engine-choice.ts';
import { type FoundCrew, loadCrew } from './load-crew.ts';
import { readOptions } from './options.ts';
import { placeCrew } from './placed-crew.ts';
import { isCrewError } from './report.ts';
import type { Session } from './session.ts';

const { crew, model, debug } = CREW_OPTIONS;
const args = {
  crew,
  mermaid: { type: 'boolean', description: 'As a Mermaid flow chart' },
  json: { type: 'boolean', description: 'As JSON' },
  model,
  ...ENGINE_OPTION,
  debug,
} as const;

/** `crewline plan`: the graph of a crew, without running it. */
export const plan: Command = {
  summary: 'Draw what a crew is going to do, and how long that took before, without running it',
  args,
  examples: ['crewline plan repo-brief', 'crewline plan repo-brief --mermaid'],
  async work(words, session) {
    const { args: given } = readOptions(words, { command: 'plan', args });
    if (given.mermaid && given.json) throw new CrewError('USAGE', 'Give --mermaid or --json, not both.');
    if (given.model !== undefined) process.env['CREWLINE_MODEL'] = given.model;
    const found = await loadCrew(given.crew, session.cwd);
    const drawn = await forecast(found, given.engine, session);
    let text = drawn.toText();
    if (given.mermaid) text = drawn.toMermaid();
    if (given.json) text = JSON.stringify(drawn.toJSON(), null, 2);
    session.stdout.write(`${text.trimEnd()}\n`);
    return 0;
  },
};

/** The plan, with what earlier runs tell where there are any. Looking makes no file, and a Postgres that is away hides no plan. */
async function forecast(found: FoundCrew, engine: string | undefined, { cwd, stderr }: Session): Promise<Plan> {
  const choice = readEngine(engine, cwd);
  const isKept = choice.kind === 'sqlite' ? existsSync(choice.path) : true;
  const placed = await placeCrew(found, isKept ? engine : 'memory', { cwd, inputs: {} });
  try {
    return (await placed.crew.forecast?.()) ?? placed.crew.plan();
  } catch (thrown) {
    if (!isCrewError(thrown) || thrown.code !== 'STORE_FAILED') throw thrown;
    stderr.write(`What earlier runs took is not known. ${cleanText(thrown.message)}\n`);
    return placed.crew.plan();
  } finally {
    await placed.close();
  }
}
