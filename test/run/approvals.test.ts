import { type Approve, ask, Crew, inMemory, Task, type Tool, tool } from 'crewline';
import { fakeClock, type Script, scriptedModel, withoutFrame } from 'crewline/testing';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { agent } from '../serve.ts';
import '../warm-up.ts';

const asked = { description: 'Go.', expectedOutput: 'One line.' } as const;
const send = (to: string, more: object = {}) => ({ toolCalls: [{ name: 'send', arguments: { to, ...more } }] });

/** A tool that sends nothing, and what it would have sent. */
function sending(options: Partial<Parameters<typeof tool<{ to: string }>>[0]> = { approval: true }) {
  const sent: unknown[] = [];
  const made = tool({
    name: 'send',
    description: 'Sends.',
    input: z.object({ to: z.string(), copies: z.array(z.string()).optional() }),
    execute: (input: { to: string }) => {
      sent.push(input);
      return 'sent';
    },
    ...options,
  });
  return { sent, tool: made };
}

function crewOf(
  script: Script,
  tools: readonly Tool[],
  options: { readonly engine?: ReturnType<typeof inMemory>; readonly timeouts?: { readonly approvalMs?: number } } = {},
) {
  const model = scriptedModel(script);
  const worker = agent('Worker', { model, tools });
  const only = new Task({ name: 'only', ...asked, agent: worker });
  return { model, crew: new Crew({ name: 'crew', agents: [worker], tasks: [only], ...options }) };
}

const told = (model: ReturnType<typeof scriptedModel>) =>
  withoutFrame(model.calls.at(-1)?.request.messages.at(-1)?.content ?? '');

test('whoever is there sees the very arguments, frozen, and they run when the answer is yes', async () => {
  const { sent, tool: sends } = sending({ risk: 'external', approval: true });
  const { crew, model } = crewOf([send('ann', { copies: ['bob'] }), 'done'], [sends]);
  const seen: unknown[] = [];
  const run = crew.start({
    approve: ({ tool: name, input, risk, taskName, agent: who, runId, key, signal }) => {
      seen.push(input);
      expect({ name, risk, taskName, who, signal: signal.aborted }).toEqual({
        name: 'send',
        risk: 'external',
        taskName: 'only',
        who: 'Worker',
        signal: false,
      });
      expect(key.startsWith(runId)).toBe(true);
      expect(() => Object.assign(Object(input), { to: 'eve' })).toThrow();
      expect(() => Object(input).copies.push('eve')).toThrow();
      return true;
    },
  });
  const events: string[] = [];
  run.on('review.requested', (event) => {
    if (event.kind === 'tool') events.push(`${event.tool} ${event.arguments} ${event.risk}`);
  });
  run.on('review.answered', (event) => {
    if (event.kind === 'tool') events.push(`${event.approved} ${event.reason}`);
  });
  await run.result;
  expect(sent).toEqual([{ to: 'ann', copies: ['bob'] }]);
  expect(sent[0]).toBe(seen[0]);
  expect(told(model)).toBe('sent');
  expect(events).toEqual(['send {"to":"ann","copies":["bob"]} external', 'true undefined']);
});

test.each<[string, Approve | undefined, string]>([
  ['nobody is there', undefined, 'nobody has agreed to it.'],
  ['the answer is no', () => false, 'nobody has agreed to it.'],
  ['the answer is no, and why', () => ({ refuse: 'Ask Ann first.' }), 'it was refused. Ask Ann first.'],
  ['the answer is neither', () => Object('yes'), 'nobody has agreed to it.'],
  [
    'asking fails',
    () => {
      throw new Error('secret of the approver');
    },
    'nobody has agreed to it.',
  ],
])('when %s, nothing runs, and the model is told', async (_, approve, why) => {
  const { sent, tool: sends } = sending();
  const { crew, model } = crewOf([send('ann'), 'done'], [sends]);
  const run = crew.start(approve === undefined ? {} : { approve });
  const codes: (string | undefined)[] = [];
  const reviews: string[] = [];
  run.on('tool.end', ({ error }) => codes.push(error?.code));
  for (const type of ['review.requested', 'review.answered'] as const)
    run.on(type, (event) => reviews.push(event.type));
  expect(await run.result).toMatchObject({ raw: 'done' });
  expect(sent).toEqual([]);
  expect(codes).toEqual(['TOOL_REFUSED']);
  expect(told(model)).toContain(`"send" was not called: ${why}`);
  expect(told(model)).not.toContain('secret');
  expect(reviews).toEqual(approve === undefined ? [] : ['review.requested', 'review.answered']);
});

test.each([
  [{}, 600_000],
  [{ timeouts: { approvalMs: 5_000 } }, 5_000],
])('no answer in time is a no, and a later yes changes nothing: %j', async (options, ms) => {
  const clock = fakeClock({ patienceMs: 5 });
  const { sent, tool: sends } = sending();
  const { crew, model } = crewOf([send('ann'), 'done'], [sends], { engine: inMemory({ runtime: clock }), ...options });
  let late: ((yes: boolean) => void) | undefined;
  let signal: AbortSignal | undefined;
  const approve: Approve = (request) => {
    signal = request.signal;
    return new Promise((resolve) => {
      late = resolve;
    });
  };
  const run = crew.start({ approve });
  const reasons: unknown[] = [];
  run.on('review.answered', ({ reason }) => reasons.push(reason));
  await clock.until(run.result);
  expect(clock.monotonic()).toBe(ms);
  expect(reasons).toEqual([`Nobody answered within ${ms} ms (timeouts.approvalMs of the crew).`]);
  expect(signal?.aborted).toBe(true);
  late?.(true);
  await new Promise(setImmediate);
  expect(sent).toEqual([]);
  expect(told(model)).toContain('nobody has agreed to it');
});

test('a function decides by the arguments; when it throws, somebody is asked', async () => {
  const approval = ({ to }: { to: string }) => {
    if (to === 'broken') throw new Error('broken');
    return to !== 'ann';
  };
  const { sent, tool: sends } = sending({ approval });
  const { crew } = crewOf([send('ann'), send('bob'), send('broken'), 'done'], [sends]);
  const reviewed: unknown[] = [];
  await crew.kickoff({
    approve: ({ input }) => {
      reviewed.push(Object(input).to);
      return false;
    },
  });
  expect(sent).toEqual([{ to: 'ann' }]);
  expect(reviewed).toEqual(['bob', 'broken']);
});

test('programs are run by nobody’s leave only, and reading asks nobody', async () => {
  for (const [risk, runs] of [
    ['exec', 0],
    ['external', 1],
    ['write', 1],
    ['none', 1],
  ] as const) {
    const { sent, tool: sends } = sending({ risk });
    await crewOf([send('ann'), 'done'], [sends]).crew.kickoff();
    expect([risk, sent.length]).toEqual([risk, runs]);
  }
});

test('wrong arguments are mended before anybody is asked, and a cancelled run is not answered', async () => {
  const { sent, tool: sends } = sending();
  const clock = fakeClock({ patienceMs: 20 });
  const engine = inMemory({ runtime: clock });
  const { crew } = crewOf([send('ann', { copies: 'all' }), send('ann'), 'done'], [sends], { engine });
  let asked = 0;
  const run = crew.start({
    approve: () => {
      asked += 1;
      void run.cancel('no more');
      return new Promise(() => {});
    },
  });
  await expect(clock.until(run.result)).rejects.toMatchObject({ code: 'CANCELLED' });
  expect([asked, sent.length]).toEqual([1, 0]);
});

test('ask takes an approver, too', async () => {
  const { sent, tool: sends } = sending();
  const worker = agent('Worker', { model: scriptedModel([send('ann'), 'done']), tools: [sends] });
  await ask(worker, 'Go.', { approve: () => true });
  expect(sent).toHaveLength(1);
});
