import type { Observed } from '../run-seed.ts';
import { waitsFor } from '../scenario.ts';

/** I1: no task starts before all that it waits for have ended. */
export function precedence({ scenario, tales, result }: Observed): readonly string[] {
  const wrong: string[] = [];
  scenario.tasks.forEach(({ name }, position) => {
    const start = tales.get(name)?.start ?? 0;
    if (start === 0) return;
    for (const other of waitsFor(scenario, position).keys()) {
      const tale = tales.get(`t${other}`);
      const end = Math.max(tale?.end ?? 0, tale?.skipped ?? 0);
      // What can never start, because what it needs was cancelled, is told nothing of.
      if (end === 0 && result?.tasks[`t${other}`]?.status === 'cancelled') continue;
      if (end === 0 || end > start) wrong.push(`${name} started (${start}) before t${other} had ended (${end})`);
    }
  });
  return wrong;
}

/**
 * I2: never more tasks at work than the crew allows; one in a sequential crew. A task whose calls all wait (for their model,
 * for the next try, or for a person) has given its place away, so what counts is what is under way.
 */
export function runningAtMost({ scenario, world }: Observed): readonly string[] {
  const limit = scenario.process === 'sequential' ? 1 : (scenario.maxConcurrency ?? Number.POSITIVE_INFINITY);
  const code = new Set(scenario.tasks.filter(({ by }) => by === 'code').map(({ name }) => name));
  const atWork = new Map<string, number>();
  const change = (taskName: string, by: 1 | -1) => {
    const under = (atWork.get(taskName) ?? 0) + by;
    if (under > 0) atWork.set(taskName, under);
    else atWork.delete(taskName);
  };
  /** Calls that somebody was asked about: when they get a place again, nothing tells. */
  const reviewed = new Set<string>();
  let most = 0;
  for (const event of world.events) {
    const [noun = '', verb = ''] = event.type.split('.');
    if (event.type === 'review.requested') {
      if (event.kind === 'tool') {
        reviewed.add(event.callId);
        change(event.taskName, -1);
      } else if (code.has(event.taskName)) atWork.delete(event.taskName);
    }
    if (event.type === 'tool.end' && reviewed.has(event.callId)) continue;
    // Where it is worked again after a while, nothing tells when.
    if (event.type === 'task.retry' && event.delayMs > 0) atWork.delete(event.taskName);
    if (!('taskName' in event) || event.taskName === undefined) continue;
    const counts = noun === 'model' || noun === 'tool' || (noun === 'task' && code.has(event.taskName));
    if (!counts || (verb !== 'start' && verb !== 'end')) continue;
    if (noun === 'task' && verb === 'end' && !atWork.has(event.taskName)) continue;
    change(event.taskName, verb === 'start' ? 1 : -1);
    most = Math.max(most, atWork.size);
  }
  return most > limit ? [`${most} tasks were at work, ${limit} are allowed`] : [];
}

/** I3: every task reaches exactly one end, it is told once, and it follows from how those it needs have ended. */
export function oneEnd(seen: Observed): readonly string[] {
  const { scenario, result, tales } = seen;
  if (result === undefined) return [];
  const wrong: string[] = [];
  const names = Object.keys(result.tasks);
  if (names.length !== scenario.tasks.length)
    wrong.push(`the result has ${names.length} of ${scenario.tasks.length} tasks`);
  scenario.tasks.forEach(({ name }, position) => {
    const tale = tales.get(name);
    const told = (tale?.ends ?? 0) + (tale?.skips ?? 0);
    const status = result.tasks[name]?.status ?? 'missing';
    if (told > 1) wrong.push(`the end of ${name} was told ${told} times`);
    const possible = possibleEnds(seen, position);
    if (!possible.includes(status)) wrong.push(`${name} is ${status} instead of ${possible.join(' or ')}`);
  });
  return wrong;
}

function possibleEnds({ scenario, result, tales }: Observed, position: number): readonly string[] {
  const { name = '', when } = scenario.tasks[position] ?? {};
  const tale = tales.get(name);
  if (tale?.ending !== undefined) return [tale.ending.status];
  if ((tale?.start ?? 0) > 0) return ['told an end'];
  const required = [...waitsFor(scenario, position)].filter(([, needed]) => needed).map(([other]) => `t${other}`);
  const statusOf = (other: string) => result?.tasks[other]?.status ?? '';
  const without = required.filter((other) => ['failed', 'skipped', 'cancelled'].includes(statusOf(other)));
  if (without.length > 0) {
    const causes = without.map((other) => result?.tasks[other]?.skippedBecause ?? other);
    const blamed = result?.tasks[name]?.skippedBecause ?? '';
    const cancelled = without.some((other) => statusOf(other) === 'cancelled') ? ['cancelled'] : [];
    return [...cancelled, causes.includes(blamed) ? 'skipped' : `skipped because of ${causes.join(' or ')}`];
  }
  const ownSkip = when === 'no' && result?.tasks[name]?.skippedBecause === name ? ['skipped'] : [];
  return result?.status === 'done' || result?.status === 'partial' ? ownSkip : [...ownSkip, 'cancelled'];
}

const PAUSING = ['QUOTA_EXHAUSTED', 'PROVIDER_WAIT', 'BUDGET_EXCEEDED'];

/** I3 for the run: how it ended follows from how its tasks have. */
export function runStatus({ scenario, result }: Observed): readonly string[] {
  if (result === undefined) return [];
  const { status, error } = result;
  const ends = Object.values(result.tasks);
  const some = (wanted: string) => ends.some((end) => end.status === wanted);
  const fails = scenario.tasks.some(
    ({ name, onFailure }) => onFailure !== 'skipDependents' && result.tasks[name]?.status === 'failed',
  );
  const pauses = ends.some((end) => end.status === 'cancelled' && PAUSING.includes(end.error?.code ?? ''));
  const stopped = pauses || scenario.budget?.wallMs !== undefined ? ['paused', 'cancelled'] : ['cancelled'];
  const possible = fails ? ['failed'] : some('cancelled') ? stopped : some('failed') ? ['partial'] : ['done'];
  const wrong = possible.includes(status) ? [] : [`the run is ${status} instead of ${possible.join(' or ')}`];
  if ((status === 'failed' || status === 'paused') !== (error !== null))
    wrong.push(`a run that is ${status} has the error ${error?.code}`);
  if (status === 'paused' && !PAUSING.includes(error?.code ?? '')) wrong.push(`it paused because of ${error?.code}`);
  return wrong;
}

/** What waits for money that others have put aside gives its place away, too. */
function hasBudget({ budget, tasks }: Observed['scenario']): boolean {
  return budget !== undefined || tasks.some((task) => task.budget !== undefined);
}

const WAITS: readonly string[] = ['limit.wait', 'model.retry', 'task.retry', 'review.requested'];

/** I6: a scheduler that leaves no place empty is done by Graham's bound, and nothing is faster than the longest path. */
export function makespan({ scenario, result, world, tales }: Observed): readonly string[] {
  if (result?.status !== 'done' || scenario.tasks.some(({ when }) => when === 'slow' || when === 'hangs')) return [];
  // Whoever waits for a model, for a person, or to be tried again, does not work, and gives its place away.
  if (world.events.some(({ type }) => WAITS.includes(type)) || hasBudget(scenario)) return [];
  const places = scenario.process === 'sequential' ? 1 : (scenario.maxConcurrency ?? scenario.tasks.length);
  const lengths = scenario.tasks.map(({ name }) => {
    const tale = tales.get(name);
    return tale === undefined ? 0 : tale.endedAt - tale.startedAt;
  });
  const work = lengths.reduce((sum, length) => sum + length, 0);
  const ends: number[] = [];
  lengths.forEach((length, position) => {
    const blamed = result.tasks[`t${position}`]?.skippedBecause ?? `t${position}`;
    if (blamed !== `t${position}`) {
      // Skipped the moment that one ended, whatever else it would have waited for.
      ends[position] = ends[Number(blamed.slice(1))] ?? 0;
      return;
    }
    const before = [...waitsFor(scenario, position).keys()].map((other) => ends[other] ?? 0);
    ends[position] = length + Math.max(0, ...before);
  });
  const path = Math.max(...ends);
  const took = (world.events.at(-1)?.time ?? 0) - (world.events[0]?.time ?? 0);
  const least = Math.max(path, work / places);
  const most = work / places + (1 - 1 / places) * path;
  return took < least - 0.001 || took > most + 0.001
    ? [`it took ${took} ms, at least ${least} and at most ${most} are possible`]
    : [];
}

/** I7: a run always comes to an end, and to a result: it was told to settle. */
export function comesToAnEnd({ stuck, thrown }: Observed): readonly string[] {
  if (stuck !== undefined) return [stuck];
  return thrown === undefined ? [] : [`it rejected although it was told to settle: ${String(thrown)}`];
}
