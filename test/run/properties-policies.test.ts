import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CREWS } from '../sizes.ts';
import { mustBe } from './must.ts';
import { benchOf, FALLBACK, type Node, requiredBy, type Shape, shapes } from './random-crew.ts';

const INPUTS = { inputs: { topic: 'otters' } };
const DRAWN = { optional: true, when: true, policies: true, lane: true } as const;

/** How a task must end when no failure is the run's, worked out from the definition alone. */
interface Expected {
  readonly status: 'done' | 'failed' | 'skipped';
  /** Tasks that may be named as the reason. */
  readonly because: ReadonlySet<string>;
  readonly tries: number;
  readonly fellBack: boolean;
}

function expectedOf({ nodes }: Shape): ReadonlyMap<string, Expected> {
  const all = new Map<string, Expected>();
  for (const node of nodes) {
    const because = new Set<string>();
    for (const name of requiredBy(node)) {
      const required = all.get(name);
      if (required?.status === 'failed') because.add(name);
      if (required?.status === 'skipped') for (const other of required.because) because.add(other);
    }
    if (because.size === 0 && node.when === false) because.add(node.name);
    all.set(node.name, because.size > 0 ? skipped(because) : worked(node));
  }
  return all;
}

function skipped(because: ReadonlySet<string>): Expected {
  return { status: 'skipped', because, tries: 0, fellBack: false };
}

function worked({ attempts, failures, onFailure }: Node): Expected {
  const failed = failures >= attempts;
  const fellBack = failed && onFailure === 'fallback';
  const tries = Math.min(attempts, failures + 1);
  return { status: failed && !fellBack ? 'failed' : 'done', because: new Set(), tries, fellBack };
}

/** The same crew, its failures never the run's. */
function softened(shape: Shape): Shape {
  const soften = (node: Node): Node => (node.onFailure === 'failRun' ? { ...node, onFailure: 'skipDependents' } : node);
  return { ...shape, nodes: shape.nodes.map(soften) };
}

test('where no failure is the run’s, every task ends as its own policy and those of the tasks that it requires say', async () => {
  await fc.assert(
    fc.asyncProperty(shapes(DRAWN).map(softened), async (shape) => {
      const { clock, crew, works } = benchOf(shape);
      const result = await clock.until(crew.kickoff(INPUTS));
      const expected = expectedOf(shape);
      for (const [name, { status, because, tries, fellBack }] of expected) {
        const task = result.tasks[name];
        mustBe(task?.status, status, name);
        mustBe(task?.attempts, tries, name);
        mustBe(works.filter((work) => work.name === name).length, tries, name);
        mustBe(task?.error !== null, status === 'failed' || fellBack, name);
        if (fellBack) mustBe(task?.output, FALLBACK, name);
        if (status === 'skipped')
          mustBe(because.has(String(task?.skippedBecause)), true, `${name} because of ${task?.skippedBecause}`);
      }
      const failed = [...expected.values()].some(({ status }) => status === 'failed');
      expect(result.status).toBe(failed ? 'partial' : 'done');
    }),
    { numRuns: CREWS },
  );
});

/** The most works of a bench that were under way at one time; those that ignore their end are there until they end. */
function mostAtOnce(works: readonly { readonly start: number; readonly end: number }[]): number {
  return Math.max(
    0,
    ...works.map(({ start }) => works.filter((work) => work.start <= start && work.end > start).length),
  );
}

test('however tasks wait for places, lanes and their next try, no limit is exceeded and every run ends', async () => {
  await fc.assert(
    fc.asyncProperty(shapes(DRAWN), async (shape) => {
      const { clock, crew, works } = benchOf(shape);
      const result = await clock.until(crew.kickoff({ ...INPUTS, settle: true }));
      const byAgent = new Set(shape.nodes.filter(({ by }) => by === 'agent').map(({ name }) => name));
      if (shape.limit !== undefined)
        expect(Math.max(0, ...works.map(({ together }) => together))).toBeLessThanOrEqual(shape.limit);
      if (shape.lane !== undefined) {
        expect(mostAtOnce(works.filter(({ name }) => byAgent.has(name)))).toBeLessThanOrEqual(shape.lane);
      }
      const hard = shape.nodes.some(
        ({ onFailure, name }) => onFailure === 'failRun' && result.tasks[name]?.status === 'failed',
      );
      const soft = Object.values(result.tasks).some(({ status }) => status === 'failed');
      expect(result.status).toBe(hard ? 'failed' : soft ? 'partial' : 'done');
      expect(clock.scheduled).toBe(0);
    }),
    { numRuns: CREWS },
  );
});

test('cancelled at any time, a run starts nothing more, leaves no timer behind, and every task has one of four ends', async () => {
  await fc.assert(
    fc.asyncProperty(shapes(DRAWN), fc.nat(80), async (shape, cancelAt) => {
      const { clock, crew, works } = benchOf(shape);
      const run = crew.start({ ...INPUTS, settle: true });
      const ends = new Map<string, number>();
      run.on('task.end', ({ taskName }) => ends.set(taskName, (ends.get(taskName) ?? 0) + 1));
      await clock.until(new Promise((resolve) => run.on('run.start', resolve)));
      await clock.advance(cancelAt);
      const before = works.length;
      run.cancel('Enough.');
      const result = await clock.until(run.result);
      expect(works.length).toBe(before);
      expect(clock.scheduled + clock.bounds).toBe(0);
      for (const { name, status, attempts } of Object.values(result.tasks)) {
        mustBe(['done', 'failed', 'skipped', 'cancelled'].includes(status), true, `${name} is ${status}`);
        mustBe(ends.get(name) ?? 0, attempts > 0 ? 1 : 0, name);
      }
      const statuses = Object.values(result.tasks).map(({ status }) => status);
      if (statuses.includes('cancelled')) expect(['cancelled', 'failed']).toContain(result.status);
    }),
    { numRuns: CREWS },
  );
});
