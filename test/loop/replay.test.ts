import { expect, test } from 'vitest';
import { z } from 'zod';
import type { Delegation } from '../../src/loop/delegation.ts';
import { workAssignment } from '../../src/loop/work-assignment.ts';
import { tool } from '../../src/tool.ts';
import type { CallRecord } from '../../src/usage.ts';
import { outcomeOf, TestCtx } from './ctx.ts';
import { assignmentOf, echo, handModel, say, shapeOf, work } from './work.ts';

const delegation: Delegation = {
  tools: [{ name: 'delegate', description: 'Gives work away.', parameters: { type: 'object' } }],
  begin: ({ input }) => ({ status: 'begun', kind: 'work', coworker: 'Ann', request: 'do it', input }),
  end: () => {},
  unfinished: () => [],
  reminder: () => 'Ask Ann.',
};
const shouldNotRun = handModel(() => {
  throw new Error('a recorded call was made again');
});

test('a replay makes no call, and ends with the same answer, the same usage and the same steps', async () => {
  let uses = 0;
  const counting = {
    ...echo,
    check: async (input: Parameters<typeof echo.check>[0]) => {
      uses += 1;
      return echo.check(input);
    },
    maxUses: 2,
  };
  const once = tool({ name: 'fetch', description: 'Fetches.', input: z.object({}), execute: () => ({ at: uses }) });
  let judged = 0;
  const changes = {
    tools: [counting, once],
    delegation,
    output: shapeOf(z.object({ count: z.number() })),
    guardrails: [
      (value: unknown) => {
        judged += 1;
        return JSON.stringify(value) === '{"count":2}' ? ({ replace: { count: 3 } } as const) : { reject: 'two' };
      },
      'It is a count.',
    ],
  };
  const first = work(
    [
      'too early',
      {
        toolCalls: [
          say('a', ''),
          { name: 'fetch', arguments: {} },
          { name: 'delegate', arguments: { to: 'Ann' } },
          { name: 'no', arguments: {} },
        ],
      },
      { toolCalls: [say('b', 'x'), say('c', 'x'), { name: 'echo', arguments: '{' }] },
      '{"count": "1"}',
      '{"count": 1}',
      '{"count": 2}',
      '{"pass": "?"}',
      '{"pass": true, "reason": ""}',
    ],
    changes,
    { ctx: { child: async (key) => outcomeOf(key, { raw: 'from Ann' }) } },
  );
  const answer = await first.answer;
  expect(answer.output).toEqual({ count: 3 });
  const [usesThen, judgedThen] = [uses, judged];

  const ctx = new TestCtx({ journal: first.ctx.journal });
  const records: CallRecord[] = [];
  const model = { ...shouldNotRun, name: 'scripted' };
  const again = await workAssignment(
    assignmentOf(model, { ...changes, onCall: (record) => records.push(record) }),
    ctx,
  );
  expect(again).toEqual(answer);
  expect(records).toEqual(first.records);
  expect(ctx.started).toEqual(first.ctx.started.map((name) => name.replace('!', '')));
  expect(ctx.spawned).toEqual(first.ctx.spawned);
  expect([uses, judged]).toEqual([usesThen, judgedThen]);
  expect(ctx.heard.filter((event) => event.type.startsWith('model') || event.type.startsWith('tool'))).toEqual([]);
});

test('a replay that breaks off goes on with the same conversation', async () => {
  const script = [{ toolCalls: [say('a', '')] }, { toolCalls: [say('b')] }, 'ok'];
  const whole = work(script, { tools: [echo] });
  await whole.answer;
  for (let kept = 0; kept <= whole.ctx.journal.steps.size; kept += 1) {
    const steps = new Map([...whole.ctx.journal.steps].slice(0, kept));
    const made = [...steps.keys()].filter((name) => name.endsWith('model')).length;
    const resumed = work(script.slice(made), { tools: [echo] }, { ctx: { journal: { steps, waits: [] } } });
    expect(await resumed.answer).toEqual({ output: 'ok', raw: 'ok', tainted: true });
    const last = resumed.model.calls.at(-1)?.request.messages;
    if (last !== undefined)
      expect(last.map(({ role, content }) => [role, content])).toEqual(
        whole.model.calls.at(-1)?.request.messages.map(({ role, content }) => [role, content]),
      );
    resumed.model.verify();
  }
});
