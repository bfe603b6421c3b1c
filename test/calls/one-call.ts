import {
  type AgentOptions,
  Crew,
  type CrewEvent,
  type Failure,
  inMemory,
  type Model,
  type OpenAIOptions,
  openai,
  Task,
  type Usage,
} from 'crewline';
import {
  type FakeClock,
  fakeClock,
  type ModelServer,
  modelServer,
  type Reply,
  type ServerHandler,
} from 'crewline/testing';
import { afterAll, onTestFinished } from 'vitest';
import { agent } from '../serve.ts';

/** What stands still is given up after seconds of the clock. Nothing that would have every answer streamed. */
const SHORT = { totalMs: 3_000 };

export interface Site {
  readonly clock: FakeClock;
  readonly server: ModelServer;
  readonly model: Model;
}

/** Also before the first test, where nothing has finished yet. */
function closeWith(close: () => Promise<void>): void {
  try {
    onTestFinished(close);
  } catch {
    afterAll(close);
  }
}

/** A server and a model over real HTTP, on a clock that stands still. */
export async function site(
  respond: Reply | ServerHandler,
  { patienceMs = 5_000, ...options }: Partial<OpenAIOptions> & { readonly patienceMs?: number } = {},
): Promise<Site> {
  const clock = fakeClock({ patienceMs });
  const server = await modelServer({ respond, runtime: clock });
  closeWith(() => server.close());
  const model = openai({ baseURL: server.url, apiKey: 'sk-test-key-0123', model: 'm', timeouts: SHORT, ...options });
  return { clock, server, model };
}

/** How a crew of one task and one agent ended, and everything that was told of it. */
export interface Ended {
  readonly text: string;
  readonly error: Failure | null;
  readonly events: readonly CrewEvent[];
  readonly usage: Usage;
  readonly byModel: Usage['byModel'];
  readonly tookMs: number;
}

export interface Asked extends Partial<Pick<AgentOptions, 'settings' | 'tools'>> {
  readonly stream?: boolean;
  readonly timeoutMs?: number;
  readonly cancel?: (cancel: () => void) => void;
}

/** Loads what a first call loads, which a test with little patience would take for standing still. */
export async function warmUp(): Promise<void> {
  const { clock, model } = await site('ok');
  await oneCall(clock, model);
}

/** Has one task worked with this model. */
export async function oneCall(clock: FakeClock, model: Model, asked: Asked = {}): Promise<Ended> {
  const { stream = false, timeoutMs, cancel, ...rest } = asked;
  const worker = agent('Worker', { model, ...rest });
  const only = new Task({
    name: 'only',
    description: 'Go.',
    expectedOutput: 'e',
    agent: worker,
    ...(timeoutMs !== undefined && { timeoutMs }),
  });
  const crew = new Crew({ name: 'one', agents: [worker], tasks: [only], engine: inMemory({ runtime: clock }) });
  const began = clock.monotonic();
  const run = crew.start({ settle: true });
  const events: CrewEvent[] = [];
  const note = (event: CrewEvent) => events.push(event);
  run.on('model.start', note);
  run.on('model.end', note);
  run.on('model.retry', note);
  run.on('model.superseded', note);
  run.on('limit.wait', note);
  if (stream) run.on('model.delta', note);
  cancel?.(() => run.cancel());
  const { tasks, usage } = await clock.until(run.result);
  const error = tasks.only.error;
  return { text: tasks.only.raw, error, events, usage, byModel: usage.byModel, tookMs: clock.monotonic() - began };
}

export function typesOf(events: readonly CrewEvent[]): readonly string[] {
  return events.map(({ type }) => type);
}

/** Attempts as they were told: each must have exactly one start and one end. */
export function attemptsOf(events: readonly CrewEvent[]): readonly number[] {
  const of = (wanted: 'model.start' | 'model.end') =>
    events.flatMap((event) => (event.type === wanted && 'attempt' in event ? [event.attempt] : []));
  const starts = of('model.start');
  if (of('model.end').toSorted().join() !== starts.toSorted().join())
    throw new Error('a start has not exactly one end');
  return starts;
}
