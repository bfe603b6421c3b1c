import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ChildResult } from '../../src/spec/outcome.ts';
import { CREWS } from '../sizes.ts';
import { mustBe } from './must.ts';
import { type Call, type Office, officeOf, offices } from './random-managers.ts';

/** Works an office to its end; `cancelAt` cancels it at that time. */
async function worked(office: Office, cancelAt?: number) {
  const bench = officeOf(office);
  const { clock, crew } = bench;
  const run = crew.start({ settle: true });
  let working = 0;
  let most = 0;
  run.on('task.start', () => {
    working += 1;
    most = Math.max(most, working);
  });
  run.on('task.end', () => {
    working -= 1;
  });
  if (cancelAt !== undefined) {
    await clock.until(new Promise((resolve) => run.on('run.start', resolve)));
    await clock.advance(cancelAt);
    run.cancel('Enough.');
  }
  const result = await clock.until(run.result);
  return { ...bench, result, most };
}

type Result = Awaited<ReturnType<typeof worked>>['result'];

/** Every piece of delegated work with the agents above it, from the manager down. */
function chainsOf(children: readonly ChildResult[], above: readonly string[]): readonly (readonly string[])[] {
  return children.flatMap((child) => {
    mustBe(child.from, above.at(-1), above.join());
    const chain = [...above, child.agent];
    return [chain, ...chainsOf(child.children, chain)];
  });
}

/** What the model was asked, added up: in all and by agent. */
function spent(calls: readonly Call[]) {
  const byAgent = new Map<string, number>();
  for (const { agent } of calls) byAgent.set(agent, (byAgent.get(agent) ?? 0) + 1);
  return {
    modelCalls: calls.length,
    inputTokens: calls.reduce((sum, call) => sum + call.inputTokens, 0),
    outputTokens: calls.reduce((sum, call) => sum + call.outputTokens, 0),
    byAgent: Object.fromEntries(byAgent),
  };
}

function reportedUsage({ modelCalls, inputTokens, outputTokens, byAgent }: Result['usage']) {
  const calls = Object.entries(byAgent).map(([agent, share]) => [agent, share.modelCalls] as const);
  return { modelCalls, inputTokens, outputTokens, byAgent: Object.fromEntries(calls) };
}

/** Exact where every call told of its tokens; those of a call that was lost are estimated. */
function expectUsage(usage: Result['usage'], calls: readonly Call[]): void {
  const { inputTokens, outputTokens, ...counts } = spent(calls);
  const reported = reportedUsage(usage);
  mustBe(reported.modelCalls, counts.modelCalls, 'calls');
  expect(reported.byAgent).toEqual(counts.byAgent);
  if (calls.every((call) => call.inputTokens > 0)) {
    mustBe(reported.inputTokens, inputTokens, 'input tokens');
    mustBe(reported.outputTokens, outputTokens, 'output tokens');
  } else mustBe(reported.inputTokens > inputTokens, true, `more than ${inputTokens} input tokens`);
}

function expectUsageOf(result: Result, calls: readonly Call[]): void {
  expectUsage(result.usage, calls);
  for (const task of Object.values(result.tasks)) {
    expectUsage(
      task.usage,
      calls.filter(({ taskName }) => taskName === task.name),
    );
  }
}

/** Who draws at random may hand out the very same work five times, with the same answer each time: that is ended. */
const LOOPS: readonly unknown[] = ['MANAGER_STALLED', 'LOOP_DETECTED'];

function expectNoFailure({ status, error }: Result): void {
  if (status !== 'done') expect(LOOPS).toContain(error?.code);
}

test('managers and agents that delegate at random never deadlock, keep their bounds, and count every call once', async () => {
  await fc.assert(
    fc.asyncProperty(offices, async (office) => {
      const { result, calls, most, mistakes, spent: told } = await worked(office);
      expect(result.status).toBe(
        Object.values(result.tasks).some(({ status }) => status === 'failed') ? 'failed' : 'done',
      );
      if (!office.faulty) expectNoFailure(result);
      expect(most).toBeLessThanOrEqual(office.limit);
      expect(mistakes).toEqual([]);
      expect([...told.shares].filter((key) => !key.includes('.tool.'))).toEqual([]);
      for (const task of Object.values(result.tasks)) {
        const chains = chainsOf(task.children, [task.agent ?? '']);
        expect(chains.length).toBeLessThanOrEqual(20);
        if (told.tasks.has(task.name)) expect(chains).toHaveLength(20);
        expect(chains.filter((chain) => chain.length > 4 || new Set(chain).size < chain.length)).toEqual([]);
      }
      expectUsageOf(result, calls);
    }),
    { numRuns: CREWS },
  );
});

test('a cancelled run has told of every call that was begun', async () => {
  await fc.assert(
    fc.asyncProperty(offices, fc.nat(100), async (office, cancelAt) => {
      const { result, calls, clock } = await worked({ ...office, faulty: false }, cancelAt);
      if (result.status !== 'cancelled') expectNoFailure(result);
      expectUsageOf(result, calls);
      expect(clock.scheduled).toBe(0);
    }),
    { numRuns: CREWS },
  );
});
