import type { ErrorCode } from '../error-codes.ts';
import { CrewError } from '../errors.ts';
import type { EventType } from '../events.ts';
import { isObject } from '../internal/json.ts';
import type { Runtime } from '../internal/runtime.ts';
import type { Ctx, Emitter, Engine, Program, RunCtx, RunHandle, Suspended, TaskCtx, Wakeup } from '../spec/engine.ts';
import type { Json } from '../spec/json.ts';
import type { RunResult, TaskOutcome } from '../spec/outcome.ts';
import { NO_USAGE } from '../usage.ts';
import { type FakeClock, fakeClock } from './fake-clock.ts';

/** Makes a fresh engine that takes its time and ids from `runtime`. */
export type MakeEngine = (runtime: Runtime) => Engine | Promise<Engine>;

/** One thing that every engine must do. `run` rejects with an AssertionError where the engine under test does not. */
export interface EngineCase {
  /** A sentence about behaviour, to be the name of a test. */
  readonly name: string;
  run(makeEngine: MakeEngine): Promise<void>;
}

/** What a case lets a crew do: its run, and its tasks by key. A task that is not listed ends at once with its key. */
export interface Script {
  readonly crew?: string;
  readonly run: (ctx: RunCtx, inputs: Json) => Promise<Json>;
  readonly tasks?: { readonly [key: string]: (ctx: TaskCtx, input: Json | undefined) => Promise<Json | Suspended> };
  /** How urgent each is; one that is not listed is not. */
  readonly priorities?: { readonly [key: string]: number };
  /** What tells one outcome of a task from another. @default none */
  readonly fingerprints?: Program['fingerprints'];
  /** How long each took. @default 0 */
  readonly durations?: { readonly [key: string]: number };
}

/** One run on an engine under test, its clock standing still. */
export interface Probe {
  readonly clock: FakeClock;
  readonly engine: Engine;
  readonly handle: RunHandle;
  /** Moves the clock until the run has ended: the output that its run function returned. */
  output(): Promise<Json>;
}

/** A disk has answered by then. In real milliseconds, for each bound that only comes due because nothing else happens. */
const PATIENCE_MS = 200;

/** Starts one run of a script on an engine of its own. */
export async function probe(makeEngine: MakeEngine, script: Script, inputs: Json = {}): Promise<Probe> {
  const clock = fakeClock({ patienceMs: PATIENCE_MS });
  const engine = await makeEngine(clock);
  const program = programOf(script);
  await engine.start(program);
  const handle = await engine.submit(program.crew, inputs, { runId: 'run_1', events: silent() });
  return { clock, engine, handle, output: async () => (await clock.until(handle.result())).output };
}

/** Runs a script to its end. */
export async function outputOf(makeEngine: MakeEngine, script: Script): Promise<Json> {
  return (await probe(makeEngine, script)).output();
}

/** The crew that a script describes. */
export function programOf(script: Script): Program {
  const { crew = 'newsroom', run, tasks = {}, priorities = {}, fingerprints, durations = {} } = script;
  return {
    crew,
    ...(fingerprints && { fingerprints }),
    priority: (key) => priorities[key] ?? 0,
    run: async (ctx, inputs) => resultOf({ runId: ctx.runId, crew, inputs, output: await run(ctx, inputs) }),
    task: async (ctx, input) => {
      const work = tasks[ctx.key];
      const returned = work === undefined ? ctx.key : await work(ctx, input);
      if (isSuspended(returned)) return returned;
      return { ...outcomeOf(ctx.key, returned), durationMs: durations[ctx.key] ?? 0 };
    },
  };
}

function isSuspended(returned: Json | Suspended): returned is Suspended {
  return isObject(returned) && 'suspended' in returned;
}

function resultOf(parts: Pick<RunResult, 'runId' | 'crew' | 'inputs' | 'output'>): RunResult {
  return { ...parts, status: 'done', raw: '', tasks: {}, durationMs: 0, usage: NO_USAGE, error: null };
}

/** How a task ends that is done. */
export function outcomeOf(name: string, output: Json): TaskOutcome {
  return {
    name,
    status: 'done',
    output,
    raw: '',
    agent: null,
    durationMs: 0,
    usage: NO_USAGE,
    attempts: 1,
    error: null,
    skippedBecause: null,
    outputFile: null,
    children: [],
    tainted: false,
    acted: false,
    reusedFrom: null,
  };
}

/** An emitter that nobody listens to. */
export function silent(onEmit: (type: EventType) => void = () => undefined): Emitter {
  return { wants: () => false, emit: onEmit };
}

/** A promise that the case resolves. */
export function gate(): { readonly opened: Promise<void>; open(): void } {
  let resolveOpened: (() => void) | undefined;
  const opened = new Promise<void>((resolve) => {
    resolveOpened = resolve;
  });
  return { opened, open: () => resolveOpened?.() };
}

/** Waits for every child spawned here until `count` have been reported; keys in the order reported. */
export async function reported(ctx: Ctx, count: number): Promise<readonly string[]> {
  const keys: string[] = [];
  while (keys.length < count) keys.push(...keysOf(await ctx.wait({ children: 'any' })));
  return keys;
}

export function keysOf({ settled }: Wakeup): readonly string[] {
  return settled.map((child) => child.key);
}

/** The code that `work` is refused with, at once or later; undefined when it is not refused. */
export async function refusal(work: () => unknown): Promise<ErrorCode | undefined> {
  try {
    await work();
    return undefined;
  } catch (thrown) {
    if (thrown instanceof CrewError) return thrown.code;
    throw thrown;
  }
}
