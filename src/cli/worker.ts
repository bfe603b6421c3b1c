import inspector from 'node:inspector';
import { type DbosOptions, dbos } from '../engines/dbos.ts';
import { CrewError } from '../errors.ts';
import { ON_ENGINE, OWN_ENGINE } from '../internal/crew-engine.ts';
import type { LogEntry, Service } from '../spec/service.ts';
import { cleanText } from '../telemetry/clean.ts';
import type { Command } from './command.ts';
import { ENGINE_OPTION, readEngine } from './engine-choice.ts';
import { Interrupt } from './interrupt.ts';
import { type FoundCrew, type LoadedCrew, loadCrew } from './load-crew.ts';
import { readOptions } from './options.ts';
import type { Session } from './session.ts';
import { INTERRUPTED } from './tell-result.ts';

const args = {
  module: {
    type: 'string',
    description: 'A crew to work: its name in crews/, or the path of its file; may be given many times',
    valueHint: 'crew',
  },
  ...ENGINE_OPTION,
  queues: {
    type: 'string',
    description: 'Queues to take tasks from, with how many may be at work on all machines: default,slow=2',
    valueHint: 'names',
  },
  concurrency: { type: 'string', description: 'Tasks at work here at once (16)', valueHint: 'count' },
  drain: {
    type: 'string',
    description: 'Seconds that tasks at work may take when this is to stop (30); 0: none',
    valueHint: 'seconds',
  },
  debug: { type: 'boolean', description: 'Show stacks with errors' },
} as const;

/** Others have taken this process for dead: whoever looks after it should start it again. */
const LOST = 9;

/** `crewline worker`: works runs and tasks that others start, until it is told to stop. */
export const worker: Command = {
  summary: 'Work what other processes start, with DBOS on Postgres',
  args,
  examples: [
    'crewline worker --module newsroom --engine dbos:postgres://localhost/crew',
    'crewline worker --module crews/a.ts --module crews/b.ts --queues default,slow=2 --concurrency 8',
  ],
  async work(words, session) {
    const { args: given, valuesOf } = readOptions(words, { command: 'worker', args, repeatable: ['module'] });
    const drainMs = 1_000 * (readCount('drain', given.drain, 0) ?? 30);
    const found = await Promise.all(valuesOf('module').map((crew) => loadCrew(crew, session.cwd)));
    if (found.length === 0) throw new CrewError('USAGE', '--module is missing: name the crews to work.');
    const concurrency = readCount('concurrency', given.concurrency);
    const queues = readQueues(given.queues);
    const tuning = { ...(concurrency && { concurrency }), ...(queues && { queues }) };
    const crews = placed(found, given.engine, { tuning, session });
    const services = [];
    const onLog = ({ level, message }: LogEntry) =>
      void session.stderr.write(`${new Date().toISOString()} ${level} ${cleanText(message)}\n`);
    for (const crew of crews) services.push(await serve(crew, onLog));
    const names = crews.map(({ name }) => cleanText(name)).join(', ');
    session.stderr.write(`Working ${names}. Ctrl-C stops it once its tasks have ended.\n`);
    return until(services, { session, drainMs });
  },
};

interface Placing {
  readonly tuning: Pick<DbosOptions, 'queues' | 'concurrency'>;
  readonly session: Session;
}

/** The crews on the engine that they are worked on: their own, or the one that is named here. */
function placed(found: readonly FoundCrew[], written: string | undefined, { tuning, session }: Placing): LoadedCrew[] {
  const needy = found.filter(({ crew }) => crew[OWN_ENGINE] === undefined);
  if (needy.length < found.length && (written !== undefined || Object.keys(tuning).length > 0)) {
    const names = found.flatMap(({ crew }) => (crew[OWN_ENGINE] === undefined ? [] : [crew.name]));
    const message = `Crew ${names.join(', ')} has an engine of its own: its address, queues and concurrency are told there, not here.`;
    throw new CrewError('USAGE', message);
  }
  if (needy.length === 0) return found.map(({ crew }) => crew);
  const choice = readEngine(written, session.cwd);
  if (choice.kind !== 'dbos') {
    throw new CrewError('USAGE', 'A worker needs a Postgres that others reach as well: --engine dbos:postgres://…');
  }
  const engine = dbos({ url: choice.url, ...tuning });
  return found.map(({ crew, file }) => crew[ON_ENGINE]?.({ engine, file }) ?? crew);
}

async function serve(crew: LoadedCrew, onLog: (entry: LogEntry) => void): Promise<Service> {
  // Whoever stops it in a debugger does not want it to end.
  if (crew.serve !== undefined) return crew.serve({ endWhenBlocked: inspector.url() === undefined, onLog });
  throw new CrewError('USAGE', `Crew "${crew.name}" was made by an older crewline, which knows no workers.`);
}

/** Works until it is told to stop, or is lost. Resolves to the exit code. */
async function until(
  services: readonly Service[],
  { session, drainMs }: { session: Session; drainMs: number },
): Promise<number> {
  let stop = () => {};
  const stopped = new Promise<undefined>((resolve) => {
    stop = () => resolve(undefined);
  });
  const interrupt = new Interrupt({ onHangUp: 'stop', first: stop, second: () => process.exit(INTERRUPTED) });
  interrupt.listen();
  const lost = await Promise.race([stopped, ...services.map((service) => service.lost)]);
  if (lost !== undefined) {
    session.stderr.write(`✗ ${cleanText(lost.message)}\n`);
    return LOST;
  }
  session.stderr.write('Stopping: tasks at work may end, the rest is for other workers.\n');
  await Promise.all(services.map((service) => service.stop({ drainMs })));
  interrupt.stop();
  return 0;
}

function readCount(option: string, written: string | undefined, least = 1): number | undefined {
  if (written === undefined) return undefined;
  if (/^(0|[1-9]\d{0,5})$/.test(written) && Number(written) >= least) return Number(written);
  throw new CrewError('USAGE', `--${option} must be a whole number from ${least}, not "${written}".`);
}

function readQueues(written: string | undefined): DbosOptions['queues'] {
  const entries = written?.split(',').map((part) => {
    const [, name = '', limit] = /^([\w.-]+)(?:=([1-9]\d{0,5}))?$/.exec(part.trim()) ?? [];
    if (name !== '') return [name, limit === undefined ? {} : { concurrency: Number(limit) }] as const;
    throw new CrewError('USAGE', `--queues takes names, or name=count, separated by commas, not "${written}".`);
  });
  return entries && Object.fromEntries(entries);
}
