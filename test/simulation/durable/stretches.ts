import { rmSync } from 'node:fs';
import type { CrewError, Decision } from 'crewline';
import type { Row } from '../../../src/engines/sqlite/store.ts';
import { SqliteEngine } from '../../../src/engines/sqlite.ts';
import { buildCrew, buildModels } from '../build-crew.ts';
import { simApprover } from '../callbacks.ts';
import { drawFor } from '../draw.ts';
import { simReview } from '../reviews.ts';
import type { Ended } from '../run-seed.ts';
import type { ReviewPlan, Scenario } from '../scenario.ts';
import { SimClock, type Stuck } from '../sim-clock.ts';
import { World } from '../world.ts';
import { type Breakdown, openBreaking } from './failing-store.ts';

/** One process at work on a run, from when it took it up to its end, or to the end of its store. */
export interface Stretch {
  readonly world: World;
  /** What was on record when it began. */
  readonly known: readonly Row[];
  readonly decisions: { readonly [callId: string]: Decision };
  readonly stuck: Stuck | undefined;
  readonly result: Ended | undefined;
  readonly thrown: unknown;
}

/** Pauses for a decision and breakdowns after which a run must have ended: each of its calls can ask for one. */
const MOST_STRETCHES = 40;
const DAY_MS = 86_400_000;

/** Works the run of a seed in one stretch after another: some stores break down, the last does not. */
export async function workInStretches(given: Scenario, file: string): Promise<readonly Stretch[]> {
  const scenario = { ...given, reviews: given.reviews.map(withoutHaste) };
  const draw = drawFor(scenario.seed, 'breakdowns');
  const breakdowns = Array.from({ length: draw.between(1, 3) }, (): Breakdown => {
    return { commit: draw.between(1, 14), written: draw.chance(0.5) };
  });
  const stretches: Stretch[] = [];
  let decisions: { [callId: string]: Decision } = {};
  let runId: string | undefined;
  while (stretches.length < MOST_STRETCHES) {
    const number = stretches.length;
    const breakdown = breakdowns[number];
    const dies = breakdown !== undefined && draw.chance(0.5);
    const ended = await workOne({ scenario, file, number, runId, decisions, breakdown, dies });
    stretches.push(ended.stretch);
    runId = ended.runId;
    if (ended.stretch.stuck !== undefined) break;
    const wish = decisionWished(ended.stretch);
    if (wish === undefined && breakdown === undefined) break;
    if (wish !== undefined) decisions = { ...decisions, [wish]: draw.pick(DECISIONS) };
  }
  for (const suffix of ['', '-wal', '-shm']) rmSync(`${file}${suffix}`, { force: true });
  return stretches;
}

/** Between two stretches lie days, which is too long for who answers in time while nothing breaks. */
function withoutHaste(plan: ReviewPlan | undefined): ReviewPlan | undefined {
  const inTime = plan?.answers === true && plan.timeoutMs !== undefined && plan.ms < plan.timeoutMs;
  return inTime ? { ...plan, timeoutMs: undefined, onTimeout: undefined } : plan;
}

const DECISIONS: readonly Decision[] = ['retry', 'skip', { result: 'It was done.' }];

/** The call that somebody has to decide on before the run can go on. */
function decisionWished({ result, thrown }: Stretch): string | undefined {
  const error = result?.error ?? (thrown instanceof Error ? thrown : undefined);
  if (error === undefined || Reflect.get(error, 'code') !== 'NEEDS_DECISION') return undefined;
  return /decisions: \{ "([^"]+)": 'skip' \}/.exec(error.message)?.[1];
}

interface Plan {
  readonly scenario: Scenario;
  readonly file: string;
  readonly number: number;
  /** Undefined in the first stretch. */
  readonly runId: string | undefined;
  readonly decisions: { readonly [callId: string]: Decision };
  readonly breakdown: Breakdown | undefined;
  /** True: nobody drives the process any more once its store has broken down. False: it comes to the end that it can. */
  readonly dies: boolean;
}

async function workOne(plan: Plan): Promise<{ readonly stretch: Stretch; readonly runId: string | undefined }> {
  const { scenario, file, number, decisions, breakdown, dies } = plan;
  const clock = new SimClock(scenario.seed + number, Date.UTC(2025, 0) + number * DAY_MS);
  const world = new World(scenario, clock);
  const disk = await openBreaking(file, { now: () => clock.now(), breakdown });
  // Killed before its admission was written, there is nothing to go on with.
  const isThere = disk.store.runs().some(({ runId }) => runId === plan.runId);
  const known = plan.runId === undefined || !isThere ? [] : disk.store.records(plan.runId).records;
  const engine = new SqliteEngine(clock, async () => disk.store);
  const crew = buildCrew(
    world,
    engine,
    buildModels(scenario, () => world),
  );
  // Where nobody is there a kept run would wait for somebody, and one in memory hears no.
  const approve = simApprover(world) ?? (() => false);
  const review = simReview(world, { all: true });
  const options = { settle: true as const, approve, ...(review && { review }) };
  const run =
    plan.runId === undefined || !isThere
      ? crew.start({ inputs: { topic: scenario.topic }, ...options })
      : crew.reopen(plan.runId, { ...options, decisions });
  // As the undisturbed run is heard: only what somebody listens to is streamed, and has limits of time for its parts.
  void (async () => {
    for await (const event of run) world.events.push(event);
  })();
  const seen: { result?: Ended; thrown?: unknown; over: boolean } = { over: false };
  void run.result
    .then(
      (result) => {
        seen.result = result;
      },
      (error: CrewError) => {
        seen.thrown = error;
      },
    )
    .then(() => {
      seen.over = true;
    });
  const stuck = await clock.drive(() => seen.over || (dies && disk.isBroken()), true);
  disk.leave();
  const { result, thrown } = seen;
  return {
    stretch: { world, known, decisions, stuck, result, thrown },
    runId: run.runId,
  };
}
