import { Agent, Crew, type Model, Task, type TokenCount } from 'crewline';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CREWS } from '../sizes.ts';

const words = { description: 'Do it.', expectedOutput: 'It.' } as const;

/** A model whose calls take some ticks and tokens each; notes what was spent, and the most at once. */
function eager(costs: readonly number[]) {
  const seen = { spent: 0, dearest: 0, most: 0, records: 0 };
  let underWay = 0;
  const model: Model = {
    name: 'eager',
    retries: 2,
    async *generate() {
      const cost = costs[seen.records % costs.length] ?? 1;
      seen.records += 1;
      underWay += 1;
      seen.most = Math.max(seen.most, underWay);
      try {
        for (let tick = 0; tick < cost % 7; tick += 1) await null;
        seen.spent += cost;
        seen.dearest = Math.max(seen.dearest, cost);
        const usage: TokenCount = { inputTokens: cost, outputTokens: 0 };
        yield { type: 'text', text: 'ok' };
        yield { type: 'end', finishReason: 'stop', usage };
      } finally {
        // Let go of once its end is counted.
        underWay -= 1;
      }
    },
  };
  return { seen, model };
}

test('I10: what a run spends is at most its budget and one call a lane, whatever runs side by side', async () => {
  const cases = fc.record({
    tasks: fc.integer({ min: 1, max: 12 }),
    costs: fc.array(fc.integer({ min: 1, max: 6_000 }), { minLength: 1, maxLength: 6 }),
    tokens: fc.integer({ min: 1, max: 40_000 }),
    perTask: fc.option(fc.integer({ min: 1, max: 8_000 }), { nil: undefined }),
    maxConcurrency: fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined }),
    price: fc.constantFrom(0.01, 0.1, 0.3, 7),
  });
  await fc.assert(
    fc.asyncProperty(cases, async ({ tasks, costs, tokens, perTask, maxConcurrency, price }) => {
      const { seen, model } = eager(costs);
      const agent = new Agent({ role: 'Ann', goal: 'g', backstory: 'b', model });
      const crew = new Crew({
        name: 'c',
        process: 'parallel',
        agents: [agent],
        tasks: Array.from({ length: tasks }, (_, index) => {
          const budget = perTask === undefined ? {} : { budget: { tokens: perTask } };
          return new Task({ name: `t${index}`, ...words, agent, onFailure: 'skipDependents', ...budget });
        }),
        budget: { tokens },
        prices: { eager: { input: price, output: price } },
        ...(maxConcurrency !== undefined && { maxConcurrency }),
      });
      const { status, usage, error } = await crew.kickoff({ settle: true });
      expect(seen.spent).toBeLessThanOrEqual(tokens - 1 + seen.dearest * Math.max(1, seen.most));
      // Everything is counted once: calls, tokens and money.
      expect(usage.modelCalls).toBe(seen.records);
      expect(usage.inputTokens).toBe(seen.spent);
      expect(usage.costUsd).toBe(Math.round(seen.spent * price * 1e6) / 1e12);
      if (seen.records === tasks) expect(status).toBe('done');
      else expect([status, error === null || error.code === 'BUDGET_EXCEEDED']).toEqual(['paused', true]);
    }),
    { numRuns: CREWS },
  );
});
