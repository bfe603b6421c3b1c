import fc from 'fast-check';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { CrewError } from '../../src/errors.ts';
import type { Delegation } from '../../src/loop/delegation.ts';
import { workAssignment } from '../../src/loop/work-assignment.ts';
import type { Message } from '../../src/spec/message.ts';
import { type ScriptedAnswer, scriptedModel } from '../../src/testing/scripted-model.ts';
import { tool } from '../../src/tool.ts';
import { CREWS } from '../sizes.ts';
import { outcomeOf, TestCtx } from './ctx.ts';
import { assignmentOf, echo, shapeOf } from './work.ts';

const MAX_TURNS = 6;
const RETRIES = 2;

const boom = tool({
  name: 'boom',
  description: 'Fails.',
  input: z.object({}),
  execute: () => {
    throw new Error('boom');
  },
});
const late = tool({
  name: 'late',
  description: 'Takes its time.',
  input: z.object({}),
  execute: async () => {
    await Promise.resolve();
    return { late: true };
  },
});
const final = tool({
  name: 'final',
  description: 'Ends.',
  input: z.object({}),
  execute: () => ({ count: 9 }),
  resultAsAnswer: true,
});
const delegation: Delegation = {
  tools: [{ name: 'delegate', description: 'Gives work away.', parameters: { type: 'object' } }],
  begin: ({ input }) =>
    JSON.stringify(input) === '{}'
      ? { status: 'begun', kind: 'work', coworker: 'Ann', request: 'do it', input }
      : { status: 'refused', code: 'TOOL_FAILED', text: 'No.' },
  end: () => {},
  unfinished: () => [],
  reminder: () => 'Ask Ann.',
};

const call = fc.record({
  name: fc.constantFrom('echo', 'boom', 'late', 'final', 'delegate', 'unknown', ''),
  arguments: fc.constantFrom('{}', '', '{"text":"a"}', '{"text":1}', '{', '[]'),
  id: fc.constantFrom('', 'a', 'b', 'call_1_0', 'call_2_1'),
});
const step: fc.Arbitrary<ScriptedAnswer> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      text: fc.constantFrom('', 'hm'),
      toolCalls: fc.array(call, { minLength: 1, maxLength: 4 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ text: fc.constantFrom('{"count":1}', '{"count":"1"}', 'no', '{"count":2}') }) },
);

/** What a provider would refuse about a conversation; nothing when it is well-formed. */
function broken(messages: readonly Message[]): string | undefined {
  const ids = new Set<string>();
  let open: { readonly id: string; readonly name: string }[] = [];
  for (const [index, message] of messages.entries()) {
    if (message.role === 'tool') {
      const expected = open.shift();
      if (expected?.id !== message.callId || expected.name !== message.name)
        return `message ${index} answers the wrong call`;
      continue;
    }
    if (open.length > 0) return `message ${index} comes before all calls are answered`;
    if (message.role === 'system' && index > 0) return `message ${index} is a second system message`;
    if (message.role !== 'assistant') continue;
    open = [...(message.toolCalls ?? [])];
    if (open.length === 0 && message.content === '') return `message ${index} is empty`;
    for (const { id } of open) {
      if (id === '' || ids.has(id)) return `message ${index} has an id that is empty or taken`;
      ids.add(id);
    }
  }
  if (open.length > 0) return 'the last calls are not answered';
  return messages.at(-1)?.role === 'assistant' ? 'the model has the last word' : undefined;
}

test('whatever a model does, every conversation it is sent is well-formed, grows, and ends', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 14 }), fc.array(fc.boolean()), async (script, passes) => {
      let asked = 0;
      const model = scriptedModel([...script, ...Array.from({ length: 14 }, () => '{"count":3}')]);
      const assignment = assignmentOf(model, {
        maxTurns: MAX_TURNS,
        tools: [echo, boom, late, final],
        delegation,
        output: shapeOf(z.object({ count: z.number() })),
        guardrails: [() => passes[asked++] !== false || { reject: 'no' }],
        guardrailMaxRetries: RETRIES,
      });
      const ctx = new TestCtx({ child: async (key) => outcomeOf(key, { raw: 'from Ann' }), wants: () => true });
      const ended = await workAssignment(assignment, ctx).catch((error: unknown) => error);
      if (ended instanceof CrewError) {
        const ends = ['OUTPUT_INVALID', 'GUARDRAIL_REJECTED', 'TOOL_ARGS_INVALID', 'BAD_RESPONSE', 'LOOP_DETECTED'];
        expect([...ends, 'MANAGER_STALLED']).toContain(ended.code);
      } else {
        expect(ended).toHaveProperty('output.count');
      }
      let before: readonly Message[] = [];
      for (const { request } of model.calls) {
        expect(broken(request.messages)).toBeUndefined();
        expect(request.messages.slice(0, before.length)).toEqual(before);
        before = request.messages;
      }
      expect(model.calls.length).toBeLessThanOrEqual(MAX_TURNS + 4 + RETRIES);
      expect(model.calls.filter(({ request }) => request.tools !== undefined).length).toBeLessThanOrEqual(MAX_TURNS);
      for (const kind of ['model', 'tool', 'delegation'] as const) {
        const starts = ctx.eventsOf(`${kind}.start`).map((event) => event.callId);
        expect(new Set(starts).size).toBe(starts.length);
        expect(
          ctx
            .eventsOf(`${kind}.end`)
            .map((event) => event.callId)
            .toSorted(),
        ).toEqual(starts.toSorted());
      }
    }),
    { numRuns: CREWS },
  );
});
