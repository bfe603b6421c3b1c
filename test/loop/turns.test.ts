import { expect, test } from 'vitest';
import { CrewError, ModelError } from '../../src/errors.ts';
import { workAssignment } from '../../src/loop/work-assignment.ts';
import type { ModelPart } from '../../src/spec/model.ts';
import { TestCtx } from './ctx.ts';
import { assignmentOf, echo, handModel, lastAsked, SYSTEM, say, USER, work } from './work.ts';

const END: ModelPart = { type: 'end', finishReason: 'stop' };

function partsModel(...parts: (ModelPart | Error)[]) {
  return handModel(async function* () {
    for (const part of parts) {
      if (part instanceof Error) throw part;
      yield part;
    }
  });
}

async function failure(...parts: (ModelPart | Error)[]) {
  const ctx = new TestCtx();
  const records: unknown[] = [];
  const assignment = assignmentOf(partsModel(...parts), { onCall: (record) => records.push(record) });
  const error = await workAssignment(assignment, ctx).catch((thrown: unknown) => thrown);
  return { error, ctx, records };
}

test('an answer without tool calls is the output, and the conversation goes out as it was given', async () => {
  const { answer, model, ctx } = work(['Otters swim.']);
  expect(await answer).toEqual({ output: 'Otters swim.', raw: 'Otters swim.', tainted: false });
  expect(model.calls[0]?.request.messages).toEqual([SYSTEM, USER]);
  expect(model.calls[0]?.key).toBe('report/turn.1.model');
  expect(ctx.started).toEqual(['turn.1.model!']);
});

test('settings go to the model, and what is not set is not sent', async () => {
  const bare = work(['a']);
  await bare.answer;
  expect(Object.keys(bare.model.calls[0]?.request ?? {})).toEqual(['messages', 'stream']);
  const set = work(['a'], { settings: { temperature: 0 }, tools: [echo] });
  await set.answer;
  expect(set.model.calls[0]?.request.settings).toEqual({ temperature: 0 });
  expect(set.model.calls[0]?.request.tools).toEqual([
    { name: 'echo', description: 'Says it again.', parameters: echo.parameters },
  ]);
});

test('every call is recorded once with its agent and model', async () => {
  const { answer, records } = work([{ toolCalls: [say('a')], usage: { inputTokens: 3, outputTokens: 4 } }, 'done'], {
    tools: [echo],
  });
  await answer;
  expect(records).toEqual([
    { agent: 'Writer', model: 'scripted', inputTokens: 3, outputTokens: 4 },
    { agent: 'Writer', model: 'scripted', inputTokens: 10, outputTokens: 5 },
  ]);
});

test('a model that counts no tokens is counted by an estimate, which says so', async () => {
  const records: unknown[] = [];
  const model = partsModel({ type: 'text', text: 'hi' }, END);
  await workAssignment(assignmentOf(model, { onCall: (record) => records.push(record) }), new TestCtx());
  const estimate = { inputTokens: 9, outputTokens: 1, estimated: true };
  expect(records).toEqual([{ agent: 'Writer', model: 'by-hand', ...estimate }]);
});

test('a call is told by one start and one end, with place, turn and usage', async () => {
  const { answer, ctx } = work(['hi']);
  await answer;
  const at = { taskName: 'report', agent: 'Writer', turn: 1, callId: 'report/turn.1.model', model: 'scripted' };
  expect(ctx.heard.map((event) => event.type)).toEqual(['model.start', 'model.end']);
  expect(ctx.heard[0]).toMatchObject({ ...at, attempt: 1 });
  expect(ctx.heard[1]).toMatchObject({ ...at, durationMs: 1, usage: { inputTokens: 10, modelCalls: 1 } });
});

test('text is streamed only while somebody listens', async () => {
  const script = [{ deltas: ['Otters ', 'swim.'] }];
  const heard = work(script, {}, { ctx: { wants: (type) => type === 'model.delta' } });
  expect((await heard.answer).raw).toBe('Otters swim.');
  expect(heard.ctx.eventsOf('model.delta').map((event) => event.text)).toEqual(['Otters ', 'swim.']);
  expect(heard.model.calls[0]?.request.stream).toBe(true);
  const quiet = work(script);
  expect((await quiet.answer).raw).toBe('Otters swim.');
  expect(quiet.model.calls[0]?.request.stream).toBe(false);
});

test.each([
  ['cut', 'STREAM_TRUNCATED', [{ type: 'text', text: 'Otte' }], { text: 'Otte', retryable: true }],
  ['empty', 'BAD_RESPONSE', [END], { text: '', retryable: true }],
  ['nothing but spaces', 'BAD_RESPONSE', [{ type: 'text', text: ' \n' }, END], { text: ' \n', retryable: true }],
  [
    'over its limit before it said anything',
    'OUTPUT_TRUNCATED',
    [
      { type: 'text', text: ' ' },
      { type: 'end', finishReason: 'length' },
    ],
    { text: ' ', retryable: false },
  ],
  ['filtered', 'CONTENT_FILTERED', [{ type: 'end', finishReason: 'filter' }], { text: '', retryable: false }],
  [
    'refused',
    'REFUSED',
    [
      { type: 'text', text: 'No.' },
      { type: 'end', finishReason: 'refusal' },
    ],
    { text: 'No.', retryable: false },
  ],
] as const)('an answer that is %s is an error, never an answer', async (_, code, parts, known) => {
  const { error, ctx } = await failure(...parts);
  expect(error).toBeInstanceOf(ModelError);
  expect(error).toMatchObject({ code, ...known, runId: 'run-1', taskName: 'report', agent: 'Writer' });
  expect(ctx.heard.map((event) => event.type)).toEqual(['model.start', 'model.end']);
  expect(ctx.eventsOf('model.end')[0]?.error?.code).toBe(code);
});

test('a cut tool call is never executed', async () => {
  const ran: string[] = [];
  const spy = {
    ...echo,
    check: async () => ({ ok: true, input: {}, needsApproval: false, run: () => ran.push('ran') }) as const,
  };
  const model = partsModel(
    { type: 'toolCall', id: '1', name: 'echo', arguments: '{"text": "a' },
    { type: 'end', finishReason: 'length' },
  );
  await expect(workAssignment(assignmentOf(model, { tools: [spy] }), new TestCtx())).rejects.toMatchObject({
    code: 'OUTPUT_TRUNCATED',
  });
  expect(ran).toEqual([]);
});

test('a failed call whose usage is known is counted, once', async () => {
  const usage = { inputTokens: 8, outputTokens: 2 };
  const { records, ctx } = await failure({ type: 'text', text: 'Ot' }, { type: 'end', finishReason: 'filter', usage });
  expect(records).toEqual([{ agent: 'Writer', model: 'by-hand', ...usage }]);
  expect(ctx.eventsOf('model.end')[0]?.usage?.inputTokens).toBe(8);
});

test("what a user's model throws says where it happened, with the cause", async () => {
  const cause = new TypeError('no such host');
  const { error } = await failure(cause);
  expect(error).toBeInstanceOf(ModelError);
  expect(error).toMatchObject({ code: 'MODEL_FAILED', cause, runId: 'run-1', taskName: 'report', agent: 'Writer' });
  expect(String(error)).toContain('no such host');
});

test("a model's own error keeps its code and gains the place", async () => {
  const thrown = new ModelError('RATE_LIMITED', 'Slow down.', { status: 429, retryable: true, requestId: 'r1' });
  const { error } = await failure(thrown);
  expect(error).toMatchObject({
    code: 'RATE_LIMITED',
    status: 429,
    retryable: true,
    requestId: 'r1',
    agent: 'Writer',
    cause: thrown,
  });
  const placed = new ModelError('AUTH', 'No key.', { runId: 'run-1', taskName: 'report' });
  expect((await failure(placed)).error).toBe(placed);
  const plain = await failure(new CrewError('OPTION_INVALID', 'No.'));
  expect(plain.error).toMatchObject({ code: 'OPTION_INVALID', taskName: 'report' });
});

test('a part that no model should give is an error', async () => {
  // @ts-expect-error a model written in JavaScript may give anything
  const { error } = await failure({ type: 'thought', text: 'hm' });
  expect(error).toMatchObject({ code: 'BAD_RESPONSE' });
});

test('what comes after the end is not heard', async () => {
  const model = partsModel({ type: 'text', text: 'hi' }, END, new Error('too late'));
  expect((await workAssignment(assignmentOf(model), new TestCtx())).raw).toBe('hi');
});

test('cancelling ends the call under way as cancelled, and no other starts', async () => {
  const ctx = new TestCtx();
  const model = handModel(async function* (_, { signal }) {
    yield { type: 'text', text: 'Ot' };
    ctx.cancel();
    throw signal.reason instanceof Error ? new Error('socket closed') : new Error('not aborted');
  });
  await expect(workAssignment(assignmentOf(model), ctx)).rejects.toMatchObject({ code: 'CANCELLED' });
  expect(ctx.eventsOf('model.end')[0]?.error?.code).toBe('CANCELLED');
  await expect(workAssignment(assignmentOf(model), ctx)).rejects.toMatchObject({ code: 'CANCELLED' });
});

test('after maxTurns calls with tools the agent must answer without', async () => {
  const { answer, model } = work([{ toolCalls: [say('1')] }, { toolCalls: [say('2')] }, 'That is all.'], {
    tools: [echo],
    maxTurns: 2,
  });
  expect((await answer).raw).toBe('That is all.');
  expect(model.calls.map(({ request }) => request.tools?.length ?? 0)).toEqual([1, 1, 0]);
  expect(lastAsked(model).at(-1)).toEqual({ role: 'user', content: 'final-answer {"maxTurns":2}' });
});

test('calls that were not offered are left out of the final answer', async () => {
  const { answer, ctx } = work(
    [{ toolCalls: [say('1')] }, { text: 'Well then.', toolCalls: [say('2')] }, 'Second try.'],
    { tools: [echo], maxTurns: 1, guardrails: [(text) => text === 'Second try.' || { reject: 'no' }] },
  );
  expect((await answer).raw).toBe('Second try.');
  expect(ctx.started.filter((name) => name.includes('tool'))).toEqual(['turn.1.tool.0!']);
});

test('a model that only ever asks for tools fails in the end, with what to do about it', async () => {
  const { answer, records } = work([{ toolCalls: [say('1')] }, { toolCalls: [say('2')] }], {
    tools: [echo],
    maxTurns: 1,
  });
  await expect(answer).rejects.toMatchObject({
    code: 'BAD_RESPONSE',
    message: expect.stringMatching(
      /^Model ".*" asked for tools instead of giving its final answer: raise maxTurns of agent ".*" \(now 1\), or make the task simpler\.$/,
    ),
  });
  expect(records).toHaveLength(2);
});
