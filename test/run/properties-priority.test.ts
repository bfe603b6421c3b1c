import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Crew } from '../../src/crew.ts';
import { inMemory } from '../../src/engines/memory.ts';
import { Task } from '../../src/task.ts';
import { fakeClock } from '../../src/testing/fake-clock.ts';

// What runs crews is loaded with the first kickoff, in real time; from then on a standing clock is enough.
await new Crew({ name: 'first', tasks: [new Task({ name: 'first', execute: () => 1 })] }).kickoff();

/** A task of known duration, and the positions of those that it waits for. */
interface Known {
  readonly ms: number;
  readonly waits: readonly number[];
}

/** How long a crew takes that knows how long each of its tasks takes, with `k` at work at a time. */
async function crewTakes(tasks: readonly Known[], k: number): Promise<number> {
  const clock = fakeClock({ patienceMs: 200 });
  const crew = new Crew({
    name: 'known',
    process: 'parallel',
    maxConcurrency: k,
    engine: inMemory({ runtime: clock }),
    tasks: tasks.map(({ ms, waits }, at): Task => {
      const dependsOn = waits.map((other) => `t${other}`);
      return new Task({ name: `t${at}`, dependsOn, expectedMs: ms, execute: () => clock.sleep(ms).then(() => null) });
    }),
  });
  return (await clock.until(crew.kickoff())).durationMs;
}

/** The same, first come, first served: what starts is what has been ready for longest. */
function firstComeTakes(tasks: readonly Known[], k: number): number {
  const left = tasks.map(({ waits }) => waits.length);
  const dependants = tasks.map((): number[] => []);
  for (const [at, { waits }] of tasks.entries()) for (const other of waits) dependants[other]?.push(at);
  const ready = [...left.keys()].filter((at) => left[at] === 0);
  const working: { readonly at: number; readonly end: number }[] = [];
  let now = 0;
  while (ready.length > 0 || working.length > 0) {
    while (working.length < k && ready.length > 0) {
      const at = ready.shift() ?? 0;
      working.push({ at, end: now + (tasks[at]?.ms ?? 0) });
    }
    const next = working.reduce((first, other) => (other.end < first.end ? other : first));
    working.splice(working.indexOf(next), 1);
    now = next.end;
    for (const at of dependants[next.at] ?? []) {
      left[at] = (left[at] ?? 0) - 1;
      if (left[at] === 0) ready.push(at);
    }
  }
  return now;
}

/** No schedule can be shorter: all the work shared out evenly, or the longest path. */
function leastPossible(tasks: readonly Known[], k: number): number {
  const ends: number[] = [];
  let work = 0;
  for (const { ms, waits } of tasks) {
    ends.push(ms + Math.max(0, ...waits.map((other) => ends[other] ?? 0)));
    work += ms;
  }
  return Math.max(work / k, ...ends);
}

/** Tasks that wait for nobody, then a chain, declared last. */
function bulkAndChain(bulk: readonly number[], chain: readonly number[]): readonly Known[] {
  const alone = bulk.map((ms) => ({ ms, waits: [] }));
  const links = chain.map((ms, at) => ({ ms, waits: at === 0 ? [] : [bulk.length + at - 1] }));
  return [...alone, ...links];
}

test('under a limit of 8, a long chain declared last goes first, and nothing is lost by it', async () => {
  const tasks = bulkAndChain(Array<number>(280).fill(50), Array<number>(40).fill(50));
  expect(leastPossible(tasks, 8)).toBe(2_000);
  expect(firstComeTakes(tasks, 8)).toBe(3_750);
  expect(await crewTakes(tasks, 8)).toBe(2_000);
});

test('under a limit of 8, bulk and one long chain take at most 1.04 times the least possible', async () => {
  const bulk = fc.array(fc.integer({ min: 10, max: 100 }), { minLength: 150, maxLength: 300 });
  const chain = fc.array(fc.integer({ min: 10, max: 100 }), { minLength: 10, maxLength: 60 });
  await fc.assert(
    fc.asyncProperty(bulk, chain, async (alone, links) => {
      const tasks = bulkAndChain(alone, links);
      expect(await crewTakes(tasks, 8)).toBeLessThanOrEqual(1.04 * leastPossible(tasks, 8));
    }),
    { numRuns: 100 },
  );
});

/** Random graphs of 20 to 80 tasks, the durations of which differ by up to 100 times; `reach` bounds how far back an edge goes. */
function randomGraph(seed: number): readonly Known[] {
  const { random } = seeded(seed);
  const size = 20 + Math.floor(random() * 60);
  const reach = [3, 10, size][seed % 3] ?? size;
  return Array.from({ length: size }, (_, at) => {
    const count = at === 0 ? 0 : Math.floor(random() * 4);
    const near = () => Math.max(0, at - 1 - Math.floor(random() * Math.min(reach, at)));
    return { ms: Math.round(10 ** (1 + 2 * random())), waits: [...new Set(Array.from({ length: count }, near))] };
  });
}

function seeded(seed: number): { random(): number } {
  const clock = fakeClock({ seed });
  return { random: () => clock.random() };
}

test('over random graphs, known durations are on average no worse than first come, first served', async () => {
  for (const k of [2, 4, 8]) {
    let crewTotal = 0;
    let firstComeTotal = 0;
    for (let seed = 1; seed <= 500; seed += 1) {
      const tasks = randomGraph(seed);
      const least = leastPossible(tasks, k);
      const taken = await crewTakes(tasks, k);
      expect(taken).toBeGreaterThanOrEqual(least);
      crewTotal += taken / least;
      firstComeTotal += firstComeTakes(tasks, k) / least;
    }
    expect(crewTotal).toBeLessThanOrEqual(firstComeTotal);
  }
});
