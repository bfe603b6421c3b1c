import { join } from 'node:path';
import { Agent, Crew, type Engine, Task } from 'crewline';
import { sqlite } from 'crewline/sqlite';
import { type FakeClock, fakeClock, scriptedModel } from 'crewline/testing';
import { beforeAll, expect, test } from 'vitest';
import { temporaryFolder } from '../temporary-folders.ts';
import '../warm-up.ts';

/** A file of runs; `engine()` opens it as a new process would. */
function kept(): { readonly clock: FakeClock; engine(): Engine } {
  const clock = fakeClock({ patienceMs: 20 });
  const file = join(temporaryFolder('crewline-learnt-'), 'runs.db');
  return { clock, engine: () => sqlite({ file, synchronous: 'normal', runtime: clock }) };
}

// What keeps runs is loaded with the first of them, which takes longer than the clock waits.
beforeAll(async () => {
  const file = join(temporaryFolder('crewline-learnt-'), 'runs.db');
  await new Crew({
    name: 'first',
    tasks: [new Task({ name: 'one', execute: () => 1 })],
    engine: sqlite({ file }),
  }).kickoff();
});

/** Two short tasks, and a long chain that nothing says is long, declared last. */
function yard({ clock, engine }: ReturnType<typeof kept>, maxConcurrency: number) {
  const lasting = (name: string, ms: number, context: readonly string[] = []) =>
    new Task({ name, context, execute: () => clock.sleep(ms).then(() => name) });
  const tasks = [
    lasting('sweep', 1_000),
    lasting('rake', 1_000),
    lasting('dig', 3_000),
    lasting('plant', 3_000, ['dig']),
    lasting('paint', 10_000),
  ];
  return new Crew({ name: 'yard', process: 'parallel', tasks, maxConcurrency, engine: engine() });
}

test('who took long in earlier runs goes first in later ones', async () => {
  const place = kept();
  const started: string[] = [];
  const work = async () => {
    const run = yard(place, 2).start();
    started.length = 0;
    run.on('task.start', ({ taskName }) => started.push(taskName));
    return place.clock.until(run.result);
  };
  const first = await work();
  // One by one counts as much as the other: the chain of two goes first, then as declared.
  expect(started).toEqual(['dig', 'sweep', 'rake', 'paint', 'plant']);
  expect(first.durationMs).toBe(12_000);
  const second = await work();
  expect(started).toEqual(['paint', 'dig', 'plant', 'sweep', 'rake']);
  expect(second.durationMs).toBe(10_000);
});

test('a forecast says what a run will take by the median of earlier ones, as many tasks at once as may be', async () => {
  const place = kept();
  const before = await yard(place, 2).forecast();
  expect(before.expected).toBeNull();
  expect(before.toText()).not.toContain('expected');
  await place.clock.until(yard(place, 2).kickoff());
  await place.clock.until(yard(place, 2).kickoff());
  const forecast = await yard(place, 2).forecast();
  expect(forecast.expected).toEqual({ wallMs: 10_000, costUsd: 0, runs: 2, guessed: 0 });
  expect(forecast.criticalPath).toEqual({ tasks: ['paint'], length: 10_000, unit: 'ms' });
  expect(forecast.tasks.map(({ expectedMs }) => expectedMs)).toEqual([1_000, 1_000, 3_000, 3_000, 10_000]);
  expect(forecast.toText()).toContain('expected         about 10 s, by the last 2 runs');
  // One after another they take as long as all together.
  expect((await yard(place, 1).forecast()).expected?.wallMs).toBe(18_000);
  // What is looked at without asking the engine is what is declared.
  expect(yard(place, 2).plan().expected).toBeNull();
});

test('a forecast says what a run will cost, unless some model has no price', async () => {
  const { engine } = kept();
  const crew = (price?: { readonly input: number; readonly output: number }) => {
    const model = scriptedModel(['One.', 'Two.'], { name: 'm' });
    const agent = new Agent({ role: 'Writer', goal: 'Write', backstory: 'Long', model });
    const tasks = ['a', 'b'].map((name) => new Task({ name, description: 'Do it', expectedOutput: 'Text', agent }));
    const name = price === undefined ? 'free' : 'priced';
    return new Crew({ name, agents: [agent], tasks, engine: engine(), ...(price && { prices: { m: price } }) });
  };
  const prices = { input: 1_000, output: 2_000 };
  const { usage } = await crew(prices).kickoff();
  const { expected } = await crew(prices).forecast();
  expect(usage.costUsd).toBeGreaterThan(0);
  expect(expected).toMatchObject({ costUsd: usage.costUsd, runs: 1 });
  await crew().kickoff();
  expect((await crew().forecast()).expected?.costUsd).toBeNull();
});

test('only what was done is learnt from, and the last ten runs, in the middle', async () => {
  const { clock, engine } = kept();
  let ms = 0;
  const task = new Task({
    name: 'work',
    execute: async () => {
      await clock.sleep(ms);
      if (ms === 99_000) throw new Error('broken');
      return 'done';
    },
  });
  const crew = new Crew({ name: 'one', tasks: [task], engine: engine() });
  for (ms of [50_000, 99_000, 1_000, 2_000, 3_000, 4_000, 5_000, 6_000, 7_000, 8_000, 9_000, 10_000]) {
    await clock.until(crew.kickoff({ settle: true }));
  }
  const { expected } = await crew.forecast();
  expect(expected).toEqual({ wallMs: 5_500, costUsd: 0, runs: 10, guessed: 0 });
});
