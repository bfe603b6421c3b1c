import { type Crew, type CrewEvent, type CrewResult, type Engine, inMemory, type Task } from 'crewline';
import { buildCrew, buildModels } from './build-crew.ts';
import { simApprover } from './callbacks.ts';
import { drawScenario } from './draw-scenario.ts';
import { listen } from './listeners.ts';
import { probe } from './probe.ts';
import { answerByHandle, simReview } from './reviews.ts';
import type { Scenario } from './scenario.ts';
import { SimClock, type Stuck } from './sim-clock.ts';
import { type Tale, talesOf } from './tales.ts';
import { hearWarnings } from './warnings.ts';
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
  /** Every start and end of a model's call, of this run and of its twin, in order. */
  readonly calls: readonly CrewEvent[];
  /** The same crew at work beside it. */
  readonly twin: Observed | undefined;
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

/** Works the run of one seed to its end, and its twin's beside it. */
export async function runSeed(seed: number, options: RunOptions = {}): Promise<Observed> {
  const drawn = drawScenario(seed);
  const scenario = options.scenario?.(drawn) ?? drawn;
  const clock = new SimClock(seed);
  const world = new World(scenario, clock);
  const other = new World({ ...scenario, cancel: undefined }, clock);
  let twin: Following | undefined;
  const models = buildModels(scenario, (runId) => (runId === twin?.runId ? other : world));
  const inner = inMemory({ runtime: clock });
  const calls: CrewEvent[] = [];
  const first = follow(world, buildCrew(world, options.engine?.(inner) ?? inner, models), calls);
  const { twinAtMs } = scenario;
  if (twinAtMs !== undefined) {
    const crew = buildCrew(other, inMemory({ runtime: clock }), models);
    void clock.sleep(twinAtMs).then(() => {
      twin = follow(other, crew, calls);
    });
  }
  const unhear = hearWarnings((text) => {
    const hearer = [first, twin].find((following) => following !== undefined && text.includes(following.runId));
    hearer?.world.warnings.push(text);
    return hearer !== undefined;
  });
  const stuck = await clock.drive(() => first.over && (twinAtMs === undefined || twin?.over === true));
  first.end();
  twin?.end();
  if (stuck === undefined) await clock.settle();
  unhear();
  const left = clock.scheduled;
  const probed = stuck === undefined && options.probe === true ? await probe(world, models, inner) : undefined;
  const common = { stuck, left, probed, calls };
  const second = twin && observed(other, twin, { ...common, twin: undefined });
  return observed(world, first, { ...common, twin: second });
}

/** A run that is followed. */
interface Following {
  readonly world: World;
  readonly runId: string;
  readonly signal: AbortSignal | undefined;
  over: boolean;
  result: Ended | undefined;
  thrown: unknown;
  /** Nobody wants to cancel it any more. */
  readonly end: () => void;
}

/** Starts a run, and lets its world hear all that it tells. */
function follow(world: World, crew: Crew, calls: CrewEvent[]): Following {
  const { scenario, clock } = world;
  const aborting = new AbortController();
  const { cancel } = scenario;
  const signal: { readonly signal?: AbortSignal } = cancel?.how === 'signal' ? { signal: aborting.signal } : {};
  const approve = simApprover(world);
  const review = simReview(world, { all: false });
  const people = { ...(approve && { approve }), ...(review && { review }) };
  const run = crew.start({ inputs: { topic: scenario.topic }, settle: true, ...signal, ...people });
  const nobodyAnswers = answerByHandle(world, run);
  listen(world, run);
  const listening = (async () => {
    for await (const event of run) world.events.push(event);
  })();
  run.on('model.start', (event) => void calls.push(event));
  run.on('model.end', (event) => void calls.push(event));
  const uncancel =
    cancel &&
    clock.timer(cancel.atMs, () => {
      world.cancel();
      if (cancel.how === 'run') run.cancel('Enough.');
      else aborting.abort(new Error('Enough.'));
    });
  const following: Following = {
    world,
    runId: run.runId,
    signal: signal.signal,
    over: false,
    result: undefined,
    thrown: undefined,
    end: () => {
      uncancel?.();
      nobodyAnswers();
    },
  };
  const ended = run.result.then(
    (settled) => {
      following.result = settled;
    },
    (error: unknown) => {
      following.thrown = error;
    },
  );
  void Promise.all([ended, listening]).then(() => {
    following.over = true;
  });
  return following;
}

function observed(
  world: World,
  { result, thrown, signal }: Following,
  rest: Pick<Observed, 'stuck' | 'left' | 'probed' | 'calls' | 'twin'>,
): Observed {
  const tales = talesOf(
    world.scenario.tasks.map(({ name }) => name),
    world.events,
  );
  return { scenario: world.scenario, world, result, thrown, signal, tales, ...rest };
}
