import { type CrewResult, type Engine, inMemory, type Task } from 'crewline';
import { buildCrew } from './build-crew.ts';
import { simApprover } from './callbacks.ts';
import { drawScenario } from './draw-scenario.ts';
import { probe } from './probe.ts';
import type { Scenario } from './scenario.ts';
import { SimClock, type Stuck } from './sim-clock.ts';
import { type Tale, talesOf } from './tales.ts';
import { World } from './world.ts';

/** How a run ended, as its user is told. */
export type Ended = CrewResult<readonly Task[], unknown, true>;

/** A run that has come to its end, or to none, and all that was seen of it. */
export interface Observed {
  readonly scenario: Scenario;
  readonly world: World;
  /** Why there is no result. */
  readonly stuck: Stuck | undefined;
  readonly result: Ended | undefined;
  /** What the run rejected with although it was told to settle. */
  readonly thrown: unknown;
  /** Events still scheduled on the clock once the run was over. */
  readonly left: number;
  /** What the events tell, by task. */
  readonly tales: ReadonlyMap<string, Tale>;
  /** How another run with the same models ended, after this one. */
  readonly probed: string | undefined;
  /** What the run could be cancelled by. */
  readonly signal: AbortSignal | undefined;
}

/** What may be done to a run on purpose. */
export interface RunOptions {
  /** Stands between the crew and its engine. */
  readonly engine?: (inner: Engine) => Engine;
  readonly scenario?: (drawn: Scenario) => Scenario;
  /** Calls every model once more when the run is over. */
  readonly probe?: boolean;
}

/** Works the run of one seed to its end. */
export async function runSeed(seed: number, options: RunOptions = {}): Promise<Observed> {
  const drawn = drawScenario(seed);
  const scenario = options.scenario?.(drawn) ?? drawn;
  const clock = new SimClock(seed);
  const world = new World(scenario, clock);
  const inner = inMemory({ runtime: clock });
  const { crew, models } = buildCrew(world, options.engine?.(inner) ?? inner);
  const aborting = new AbortController();
  const { cancel } = scenario;
  const signal: { readonly signal?: AbortSignal } = cancel?.how === 'signal' ? { signal: aborting.signal } : {};
  const approve = simApprover(world);
  const run = crew.start({ inputs: { topic: scenario.topic }, settle: true, ...signal, ...(approve && { approve }) });
  const listening = (async () => {
    for await (const event of run) world.events.push(event);
  })();
  const uncancel =
    cancel &&
    clock.timer(cancel.atMs, () => {
      world.cancel();
      if (cancel.how === 'run') run.cancel('Enough.');
      else aborting.abort(new Error('Enough.'));
    });
  let over = false;
  let result: Ended | undefined;
  let thrown: unknown;
  const ended = run.result.then(
    (settled) => {
      result = settled;
    },
    (error: unknown) => {
      thrown = error;
    },
  );
  void Promise.all([ended, listening]).then(() => {
    over = true;
  });
  const stuck = await clock.drive(() => over);
  uncancel?.();
  if (stuck === undefined) await clock.settle();
  const left = clock.scheduled;
  const probed = stuck === undefined && options.probe === true ? await probe(world, models, inner) : undefined;
  const tales = talesOf(
    scenario.tasks.map(({ name }) => name),
    world.events,
  );
  return { scenario, world, stuck, result, thrown, left, signal: signal.signal, tales, probed };
}
