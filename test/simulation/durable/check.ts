import type { Row } from '../../../src/engines/sqlite/store.ts';
import type { Observed } from '../run-seed.ts';
import { endedWell } from '../simulate.ts';
import type { Stretch } from './stretches.ts';

/** Says what is wrong with a run that was worked in stretches, beside the same run undisturbed. */
export function brokenInStretches(undisturbed: Observed, stretches: readonly Stretch[]): readonly string[] {
  const broken = stretches.flatMap((stretch, index) => brokenInOne(stretch).map((what) => `stretch ${index}: ${what}`));
  return [...broken, ...onceIsOnce(stretches), ...sameEnd(undisturbed, stretches)];
}

function brokenInOne({ stuck, world, known, thrown }: Stretch): readonly string[] {
  if (stuck !== undefined) return [stuck];
  const code: unknown = Reflect.get(Object(thrown), 'code');
  if (thrown !== undefined && code !== 'STORE_WRITE' && code !== 'NEEDS_DECISION')
    return [`it rejected with ${thrown}`];
  const { steps, ended } = onRecord(known);
  const calls = world.asked.filter(({ key }) => steps.has(key));
  const codes = world.spans.filter(({ kind, taskName }) => kind === 'code' && ended.has(taskName));
  return [
    ...calls.map(({ key }) => `${key} was on record, and was asked again`),
    ...codes.map(({ taskName }) => `${taskName} was done, and was done again`),
  ];
}

/** What does not have to be done again: steps, by the ids of their calls, and tasks that have not failed. */
function onRecord(rows: readonly Row[]): { readonly steps: ReadonlySet<string>; readonly ended: ReadonlySet<string> } {
  const steps = new Set<string>();
  const ended = new Set<string>();
  const forget = (task: string) => {
    ended.delete(task);
    for (const step of steps) if (step.startsWith(`${task}/`)) steps.delete(step);
  };
  const failed = new Set<string>();
  for (const { kind, key, name, value } of rows) {
    if (kind === 'step') steps.add(`${key}/${name}`);
    else if (kind === 'task' && name !== 'failed') ended.add(key);
    else if (kind === 'task' && !Object(value).acted) failed.add(key);
    else if (kind === 'note' && name === 'anew') {
      failed.delete(key);
      forget(key);
    }
  }
  // They are tried anew.
  for (const key of failed) if (!key.includes('/')) forget(key);
  return { steps, ended };
}

/** A tool that may be called once is called again only where somebody said so. */
function onceIsOnce(stretches: readonly Stretch[]): readonly string[] {
  const times = new Map<string, number>();
  const once = new Set(
    stretches[0]?.world.scenario.tools.filter(({ effect }) => effect === 'once').map(({ name }) => name),
  );
  for (const { world } of stretches) {
    for (const { kind, name, key } of world.spans) {
      if (kind === 'tool' && once.has(name)) times.set(key, (times.get(key) ?? 0) + 1);
    }
  }
  const decisions = Object.assign({}, ...stretches.map((stretch) => stretch.decisions));
  return [...times].flatMap(([key, count]) => {
    const retried = decisions[key.replace(/^[^/]*\//, '').replace('#', '/')] === 'retry';
    // Whoever says "again" may be asked again, when that was cut off as well.
    return count > 1 && !retried ? [`${key} may be called once, and was called ${count} times`] : [];
  });
}

/** Where nothing went wrong for good, the end is the undisturbed run's: the same outputs, and what they took. */
function sameEnd(undisturbed: Observed, stretches: readonly Stretch[]): readonly string[] {
  const last = stretches.at(-1);
  const { scenario, result: wanted } = undisturbed;
  if (last?.result === undefined || wanted === undefined || !endedWell(undisturbed)) return [];
  if (!endedWell({ ...undisturbed, ...last }) || Object.keys(last.decisions).length > 0) return [];
  const failedOnce = stretches.some(({ known }) => known.some(({ name }) => name === 'anew'));
  const differing = scenario.tasks.flatMap(({ name }) => {
    const [was, is] = [wanted.tasks[name], last.result?.tasks[name]].map(told);
    return was === is ? [] : [`${name} is ${is}, and undisturbed ${was}`];
  });
  // Whether the first of a fallback is asked at all follows from how long it wants to be left alone.
  const isRouted = scenario.models.some(({ route }) => route !== undefined);
  const [calls, before] = [last.result.usage.modelCalls, wanted.usage.modelCalls];
  if (calls !== before && !failedOnce && !isRouted)
    return [...differing, `${calls} calls are in the usage, and undisturbed ${before}`];
  return differing;
}

function told(task: { readonly status: string; readonly output: unknown } | undefined): string {
  return JSON.stringify([task?.status, task?.output]);
}
