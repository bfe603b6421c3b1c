import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { CrewEvent } from '../../src/events.ts';
import { CREWS } from '../sizes.ts';
import { mustBe } from './must.ts';
import { benchOf, type Node, requiredBy, type Shape, shapes } from './random-crew.ts';

const INPUTS = { inputs: { topic: 'otters' } };
const WORKED = ['done', 'failed'];

/** Works a crew to its end and keeps what was told of it; `cancelAt` cancels the run at that time. */
async function told(shape: Shape, cancelAt?: number) {
  const bench = benchOf(shape);
  const { clock, crew } = bench;
  const run = crew.start({ ...INPUTS, settle: true });
  const events: CrewEvent[] = [];
  const listen = async () => {
    for await (const event of run) events.push(event);
  };
  const heard = listen();
  if (cancelAt !== undefined) {
    await clock.until(new Promise((resolve) => run.on('run.start', resolve)));
    await clock.advance(cancelAt);
    run.cancel('Enough.');
  }
  const result = await clock.until(run.result);
  await clock.untilIdle();
  await heard;
  return { ...bench, result, events };
}

/** What skips a task in a run without failures, worked out from the definition alone; by name. */
function skippedIn(nodes: readonly Node[]): ReadonlyMap<string, ReadonlySet<string>> {
  const skipped = new Map<string, ReadonlySet<string>>();
  for (const node of nodes) {
    const because = new Set(requiredBy(node).flatMap((name) => [...(skipped.get(name) ?? [])]));
    if (because.size > 0) skipped.set(node.name, because);
    else if (node.when === false) skipped.set(node.name, new Set([node.name]));
  }
  return skipped;
}

test('a task is skipped exactly when its own condition says no or something that it requires was skipped', async () => {
  await fc.assert(
    fc.asyncProperty(shapes({ optional: true, when: true }), async (shape) => {
      const { clock, crew, works } = benchOf(shape);
      const result = await clock.until(crew.kickoff({ ...INPUTS, settle: true }));
      const skipped = skippedIn(shape.nodes);
      expect(result.status).toBe('done');
      const worked = shape.nodes.filter(({ name }) => !skipped.has(name)).map(({ name }) => name);
      expect(works.map(({ name }) => name).sort()).toEqual(worked.sort());
      for (const { name } of shape.nodes) {
        const task = result.tasks[name];
        const because = skipped.get(name);
        mustBe(task?.status, because === undefined ? 'done' : 'skipped', name);
        if (because === undefined) mustBe(task?.skippedBecause, null, name);
        else {
          mustBe(because.has(String(task?.skippedBecause)), true, `${name} because of ${task?.skippedBecause}`);
          expect([task?.output, task?.raw, task?.attempts]).toEqual([null, '', 0]);
        }
      }
    }),
    { numRuns: CREWS },
  );
});

test('after a failure nothing new starts, what is under way ends, and every task has exactly one end', async () => {
  await fc.assert(
    fc.asyncProperty(shapes({ optional: true, when: true, fails: true }), async (shape) => {
      const { clock, crew, works } = benchOf(shape);
      const result = await clock.until(crew.kickoff({ ...INPUTS, settle: true }));
      const failures = works.filter(({ name }) => shape.nodes.find((node) => node.name === name)?.fails);
      const firstFailure = Math.min(...failures.map(({ end }) => end));
      expect(result.status).toBe(failures.length > 0 ? 'failed' : 'done');
      expect(works.filter(({ start }) => start > firstFailure)).toEqual([]);
      expect(works.filter(({ end }) => end < 0)).toEqual([]);
      expect(new Set(works.map(({ name }) => name)).size).toBe(works.length);
      const blamed = failures.find(({ name }) => name === result.error?.taskName);
      expect(blamed?.end).toBe(failures.length > 0 ? firstFailure : undefined);
      expect(mistakesIn(shape, result.tasks, new Set(works.map(({ name }) => name)))).toEqual([]);
    }),
    { numRuns: CREWS },
  );
});

/** Ends that do not follow from how the tasks required ended: skipped because of one, else worked, else never begun. */
function mistakesIn(
  { nodes }: Shape,
  tasks: { readonly [name: string]: { readonly status: string; readonly skippedBecause: string | null } },
  worked: ReadonlySet<string>,
): readonly string[] {
  return nodes.flatMap((node) => {
    const { name } = node;
    const { status = 'missing', skippedBecause = null } = tasks[name] ?? {};
    const without = requiredBy(node).filter((other) => ['failed', 'skipped'].includes(tasks[other]?.status ?? ''));
    const causes = without.map((other) => tasks[other]?.skippedBecause ?? other);
    const possible = worked.has(name)
      ? [node.fails ? 'failed' : 'done']
      : causes.length > 0
        ? ['skipped']
        : node.when === false
          ? ['skipped', 'cancelled']
          : ['cancelled'];
    if (!possible.includes(status)) return [`${name} is ${status} instead of ${possible.join(' or ')}`];
    const fitting = status !== 'skipped' || (causes.length > 0 ? causes : [name]).includes(skippedBecause ?? '');
    return fitting ? [] : [`${name} is skipped because of ${skippedBecause} instead of ${causes.join(' or ')}`];
  });
}

test('after a cancellation nothing new starts, and the run ends once all that was under way has', async () => {
  await fc.assert(
    fc.asyncProperty(shapes({ optional: true, when: true }), fc.nat(60), async (shape, cancelAt) => {
      const { clock, works, result } = await told(shape, cancelAt);
      expect(works.filter(({ start }) => start > cancelAt)).toEqual([]);
      const working = works.filter(({ start, end, name }) => {
        const node = shape.nodes.find((other) => other.name === name);
        return start <= cancelAt && end > cancelAt && node?.onCancel !== 'ignores';
      });
      expect(working).toEqual([]);
      expect(clock.scheduled).toBe(0);
      const ends = Object.values(result.tasks).map(({ status }) => status);
      const cancelled = ends.includes('cancelled');
      expect(ends.filter((status) => !['done', 'skipped', 'cancelled'].includes(status))).toEqual([]);
      expect(result.status).toBe(cancelled ? 'cancelled' : 'done');
      expect(result.error).toBeNull();
    }),
    { numRuns: CREWS },
  );
});

/** What is told of one task, in order, by type. */
function storyOf(events: readonly CrewEvent[], name: string): string {
  return events
    .filter((event) => 'taskName' in event && event.taskName === name)
    .map(({ type }) => type)
    .join(' ');
}

const STORIES: { readonly [status: string]: readonly RegExp[] } = {
  done: [/^task.ready task.start( model.start( model.delta)+ model.end)? task.end$/],
  failed: [/^task.ready task.start( model.start( model.delta)* model.end)? task.end$/],
  skipped: [/^task.skipped$/, /^task.ready task.skipped$/],
  // Ready but never begun, not even ready, or interrupted at work.
  cancelled: [/^(task.ready)?$/, /^task.ready task.start( model.start( model.delta)* model.end)? task.end$/],
};

test('the events of a run are numbered without a gap, and each task has its ready, its start and its one end', async () => {
  const cancelAt = fc.option(fc.nat(60), { nil: undefined });
  await fc.assert(
    fc.asyncProperty(shapes({ optional: true, when: true, fails: true }), cancelAt, async (shape, cancelled) => {
      const { events, result } = await told(shape, cancelled);
      expect(events.map(({ seq }) => seq)).toEqual(events.map((_, at) => at + 1));
      expect(events.every(({ runId }) => runId === result.runId)).toBe(true);
      expect([events[0]?.type, events.at(-1)?.type]).toEqual(['run.start', 'run.end']);
      expect(events.filter(({ type }) => type === 'run.start' || type === 'run.end').length).toBe(2);
      expect(events.at(-1)).toMatchObject({ status: result.status, usage: result.usage });
      const times = events.map(({ time }) => time);
      expect(times).toEqual([...times].sort((a, b) => a - b));
      for (const { name, status } of Object.values(result.tasks)) {
        const story = storyOf(events, name);
        const isTold = STORIES[status]?.some((pattern) => pattern.test(story));
        mustBe(isTold, true, `${name} ${status}: ${story}`);
        const end = events.find((event) => event.type === 'task.end' && event.taskName === name);
        if (WORKED.includes(status)) expect(end).toMatchObject({ status, usage: result.tasks[name]?.usage });
      }
    }),
    { numRuns: CREWS },
  );
});
