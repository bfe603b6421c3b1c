import type { ChildResult } from 'crewline';
import { type Broken, brokenIn } from './check.ts';
import { definitionsBroken } from './definitions.ts';
import type { FaultKind } from './faults.ts';
import { type Observed, runSeed } from './run-seed.ts';
import { storyOf } from './story.ts';

/** What a number of seeds came to. */
export interface Tally {
  seeds: number;
  events: number;
  modelCalls: number;
  spans: number;
  simulatedMs: number;
  readonly faults: Map<FaultKind, number>;
  /** How the runs ended: status, and code of the error. */
  readonly ends: Map<string, number>;
}

/** A seed whose run broke something. */
export interface FailedSeed {
  readonly seed: number;
  readonly broken: readonly Broken[];
  readonly story: string;
}

export function newTally(): Tally {
  return { seeds: 0, events: 0, modelCalls: 0, spans: 0, simulatedMs: 0, faults: new Map(), ends: new Map() };
}

/** Adds what another worker has counted. */
export function mergeTally(sum: Tally, other: Tally): void {
  sum.seeds += other.seeds;
  sum.events += other.events;
  sum.modelCalls += other.modelCalls;
  sum.spans += other.spans;
  sum.simulatedMs += other.simulatedMs;
  for (const [fault, times] of other.faults) sum.faults.set(fault, (sum.faults.get(fault) ?? 0) + times);
  for (const [end, times] of other.ends) sum.ends.set(end, (sum.ends.get(end) ?? 0) + times);
}

/** Every so many seeds a run is made twice, and once more with one place only. */
const TWICE_EVERY = 32;

/** Enough runs for everything that runs of crews load to be loaded. */
const WARM_RUNS = 60;

/** Every so many seeds the models are called once more after the run. */
const PROBE_EVERY = 4;

/** Rejections that nobody heard of, since the last look. */
const unheard: unknown[] = [];

let warm: Promise<void> | undefined;

/** What runs crews is loaded with the first of them, in real time; from then on a run waits for nothing outside. */
export function warmUp(): Promise<void> {
  warm ??= (async () => {
    process.on('unhandledRejection', (reason) => unheard.push(reason));
    for (let seed = 0; seed < WARM_RUNS; seed += 1) await runSeed(seed);
  })();
  return warm;
}

/** Where an error came from is not looked at here, and finding it out takes a twelfth of the time. */
export async function withoutStacks<T>(work: () => Promise<T>): Promise<T> {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return await work();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/** Works one seed and looks at it from all sides. */
export async function simulateSeed(seed: number, tally: Tally): Promise<FailedSeed | undefined> {
  await warmUp();
  const seen = await runSeed(seed, { probe: seed % PROBE_EVERY === 0 });
  count(seen, tally);
  const broken = [...brokenIn(seen), ...definitionsBroken(seed)];
  if (broken.length === 0 && seed % TWICE_EVERY === 0) broken.push(...(await brokenAgain(seed, seen)));
  // Lets what Node itself has to do be done: a promise that nobody caught is told now, with this seed.
  await new Promise((resolve) => setImmediate(resolve));
  for (const reason of unheard.splice(0)) broken.push({ invariant: 'everyRejectionIsHeard', what: String(reason) });
  return broken.length === 0 ? undefined : { seed, broken, story: storyOf(seen) };
}

/** The same seed again: the same events, byte for byte, also with nobody who listens and breaks. And with one place: the same outputs, where both ended well. */
async function brokenAgain(seed: number, first: Observed): Promise<readonly Broken[]> {
  const again = await runSeed(seed);
  if (textOf(again) !== textOf(first))
    return [{ invariant: 'sameSeedSameEvents', what: firstDifference(first, again) }];
  if (first.scenario.listeners.length > 0) {
    const quiet = await runSeed(seed, { scenario: (drawn) => ({ ...drawn, listeners: [] }) });
    if (textOf(quiet) !== textOf(first))
      return [{ invariant: 'listenersChangeNothing', what: firstDifference(first, quiet) }];
  }
  const alone = await runSeed(seed, {
    scenario: (drawn) => ({ ...drawn, maxConcurrency: drawn.process === 'sequential' ? undefined : 1 }),
  });
  const broken = [...brokenIn(alone)];
  if (!endedWell(first) || !endedWell(alone)) return broken;
  for (const [name, { output }] of Object.entries(alone.result?.tasks ?? {})) {
    const other = first.result?.tasks[name]?.output;
    if (JSON.stringify(other) !== JSON.stringify(output))
      broken.push({
        invariant: 'sameWhateverTheLimit',
        what: `${name}: ${JSON.stringify(other)}, with one place ${JSON.stringify(output)}`,
      });
  }
  return broken;
}

/** All done, coworkers included, and nothing had to fall back: what fails may do so because of how long it waited. */
export function endedWell({ result, scenario, world }: Pick<Observed, 'result' | 'scenario' | 'world'>): boolean {
  // Which of two tries answers first follows from how long others took; which model is asked, from when one was found empty.
  const routes = new Set(scenario.models.map(({ route }) => route));
  if (routes.has('hedge') || (routes.has('fallback') && world.injected.has('quota'))) return false;
  return result?.status === 'done' && Object.values(result.tasks).every(isFine);
}

function isFine({ error, children }: { readonly error: unknown; readonly children: readonly ChildResult[] }): boolean {
  return error === null && children.every(isFine);
}

function textOf({ world }: Observed): string {
  return world.events.map((event) => JSON.stringify(event)).join('\n');
}

function firstDifference(first: Observed, again: Observed): string {
  const other = again.world.events.map((event) => JSON.stringify(event));
  const at = first.world.events.findIndex((event, index) => JSON.stringify(event) !== other[index]);
  return `event ${at + 1} was ${JSON.stringify(first.world.events[at])}, then ${other[at]}`;
}

function count({ world, result, stuck, thrown }: Observed, tally: Tally): void {
  tally.seeds += 1;
  tally.events += world.events.length;
  tally.modelCalls += world.asked.length;
  tally.spans += world.spans.length;
  tally.simulatedMs += world.clock.monotonic();
  for (const [fault, times] of world.injected) tally.faults.set(fault, (tally.faults.get(fault) ?? 0) + times);
  const end =
    stuck ?? (result === undefined ? `rejected: ${thrown}` : [result.status, result.error?.code].join(' ').trim());
  tally.ends.set(end, (tally.ends.get(end) ?? 0) + 1);
}

/** What to print of a failed seed: what broke, a short story of the run, and how to see it again. */
export function reportOf({ seed, broken, story }: FailedSeed): string {
  return [
    `seed ${seed} broke ${[...new Set(broken.map(({ invariant }) => invariant))].join(', ')}:`,
    ...broken.map(({ invariant, what }) => `  ${invariant}: ${what}`),
    story,
    `again: CREWLINE_SEED=${seed} CREWLINE_SEEDS=1 npx vitest run test/simulation`,
  ].join('\n');
}

/** The figures of a tally, a line each. */
export function figuresOf(tally: Tally, seconds: number): string {
  const faults = [...tally.faults].sort(([, a], [, b]) => b - a);
  const ends = [...tally.ends].sort(([, a], [, b]) => b - a);
  const sum = faults.reduce((total, [, times]) => total + times, 0);
  return [
    `${tally.seeds} seeds, ${tally.events} events, ${tally.modelCalls} model calls, ${tally.spans} calls of users' code`,
    `${(tally.simulatedMs / 3_600_000).toFixed(0)} hours simulated in ${seconds.toFixed(1)} s: ${(tally.seeds / seconds).toFixed(0)} seeds/s`,
    `${sum} faults injected: ${faults.map(([fault, times]) => `${fault} ${times}`).join(', ')}`,
    `ends: ${ends.map(([end, times]) => `${end} ${times}`).join(', ')}`,
  ].join('\n');
}
