import { expect, onTestFinished, test } from 'vitest';
import { ModelError } from '../../src/errors.ts';
import { workAssignment } from '../../src/loop/work-assignment.ts';
import type { ModelPart } from '../../src/spec/model.ts';
import type { CallRecord } from '../../src/usage.ts';
import { TestCtx } from './ctx.ts';
import { assignmentOf, echo, handModel } from './work.ts';

const HI: ModelPart = { type: 'text', text: 'hi' };
const END: ModelPart = { type: 'end', finishReason: 'stop' };
/** An attempt whose answer was lost: counted by an estimate. */
const NOTHING = { agent: 'Writer', model: 'by-hand', estimated: true, inputTokens: expect.any(Number) };

/** A model as JavaScript may write it: what `generate` returns is anybody's guess. */
async function ask(generate: () => unknown, ctx = new TestCtx()) {
  const records: CallRecord[] = [];
  // @ts-expect-error a model written in JavaScript may return anything
  const model = handModel(generate);
  const assignment = assignmentOf(model, { tools: [echo], onCall: (record) => records.push(record) });
  const ended = await workAssignment(assignment, ctx).catch((error: unknown) => error);
  return { ended, records, ctx };
}

const yielding = (...parts: readonly unknown[]) =>
  ask(async function* () {
    yield* parts;
  });

/** What nobody handled while a test ran. */
function orphans(): unknown[] {
  const reasons: unknown[] = [];
  const note = (reason: unknown) => reasons.push(reason);
  process.on('unhandledRejection', note);
  onTestFinished(() => {
    process.off('unhandledRejection', note);
  });
  return reasons;
}

/** Long enough for Node to tell of a rejection that nobody handled. */
const aTurn = () => new Promise((resolve) => setImmediate(resolve));

const call = { type: 'toolCall', id: '1', name: 'echo', arguments: '{}' };
const usage = { inputTokens: 1, outputTokens: 2 };

test.each([
  ['a null', [null], 'yielded null where a part should be'],
  ['a list', [[]], 'yielded a list where a part should be'],
  ['a text instead of a part', ['hello'], 'yielded "hello" where a part should be'],
  ['an unknown part', [{ type: 'thought' }], 'yielded a part of type "thought". It should be text, toolCall or end'],
  ['a part without a type', [{}], 'yielded a part of type undefined. It should be text, toolCall or end'],
  ['a text part without text', [{ type: 'text' }], 'yielded a text part with text undefined. It should be a string'],
  ['an object for arguments', [{ ...call, arguments: {} }], 'with arguments an object. It should be a string of JSON'],
  ['a call without an id', [{ ...call, id: undefined }], 'yielded a toolCall part with id undefined'],
  ['a call without a name', [{ ...call, name: 7 }], 'yielded a toolCall part with name 7'],
  [
    'an unknown finish reason',
    [HI, { type: 'end', finishReason: 'end_turn' }],
    'yielded an end part with finishReason "end_turn". It should be one of stop, toolCalls, length, filter, refusal',
  ],
  ['no finish reason', [HI, { type: 'end' }], 'yielded an end part with finishReason undefined. It should be one of'],
  ['usage that is null', [HI, { ...END, usage: null }], 'with usage null. It should be { inputTokens, outputTokens }'],
  ['half a usage', [HI, { ...END, usage: { inputTokens: 1 } }], 'with usage.outputTokens undefined'],
  ['NaN tokens', [HI, { ...END, usage: { ...usage, inputTokens: Number.NaN } }], 'with usage.inputTokens NaN'],
  ['tokens as text', [HI, { ...END, usage: { ...usage, outputTokens: '5' } }], 'with usage.outputTokens "5"'],
  [
    'negative tokens',
    [HI, { ...END, usage: { ...usage, cachedInputTokens: -1 } }],
    'with usage.cachedInputTokens -1. It should be a number of tokens, at least 0',
  ],
])('a model that yields %s is told so', async (_, parts, message) => {
  const { ended, records, ctx } = await yielding(...parts);
  expect(ended).toBeInstanceOf(ModelError);
  expect(ended).toMatchObject({ code: 'BAD_RESPONSE', taskName: 'report', agent: 'Writer' });
  const [first]: readonly unknown[] = parts;
  expect(ended).toMatchObject({ text: first === HI ? 'hi' : '' });
  expect(String(ended)).toContain(`Model "by-hand" yielded `);
  expect(String(ended)).toContain(message);
  expect(records).toMatchObject([NOTHING]);
  expect(ctx.eventsOf('model.end')).toMatchObject([{ usage: { modelCalls: 1 }, error: { code: 'BAD_RESPONSE' } }]);
});

test.each([
  ['nothing', () => undefined, 'returned undefined'],
  ['a text', () => 'hello', 'returned "hello"'],
  ['a list', () => [HI, END], 'returned a list'],
  ['a promise', async () => 'hello', 'returned a promise'],
  ['a promise that rejects', () => Promise.reject(new Error('no')), 'returned a promise'],
  ['an iterable of nothing', () => ({ [Symbol.asyncIterator]: () => undefined }), 'returned an object'],
])('a model that returns %s is told how to write it', async (_, generate, message) => {
  const unhandled = orphans();
  const { ended, records } = await ask(generate);
  expect(ended).toMatchObject({ code: 'BAD_RESPONSE' });
  expect(String(ended)).toContain(`Model "by-hand" ${message} where an async iterable of parts should be`);
  expect(String(ended)).toContain('async *generate(request, options)');
  expect(records).toMatchObject([NOTHING]);
  await aTurn();
  expect(unhandled).toEqual([]);
});

test('an iterator by hand that gives no results is told so', async () => {
  const { ended } = await ask(() => ({ [Symbol.asyncIterator]: () => ({ next: () => undefined }) }));
  expect(ended).toMatchObject({ code: 'BAD_RESPONSE' });
  expect(String(ended)).toContain('yielded undefined where { value, done } should be');
});

test('usage holds what is counted, whatever else a model puts there', async () => {
  const { ended, records } = await yielding(HI, {
    ...END,
    usage: { ...usage, reasoningTokens: 1, cachedInputTokens: undefined, model: 'other', raw: 5n },
  });
  expect(ended).toEqual({ output: 'hi', raw: 'hi', tainted: false });
  expect(records).toEqual([{ agent: 'Writer', model: 'by-hand', ...usage, reasoningTokens: 1 }]);
});

/** Parts by hand, with a `return` of one's own. */
function closing(parts: readonly unknown[], close: () => unknown) {
  const rest = parts.values();
  return () => ({ [Symbol.asyncIterator]: () => ({ next: async () => rest.next(), return: close }) });
}

test.each([
  ['a finished answer', [HI, END], { raw: 'hi' }],
  ['a wrong part', [HI, null], { code: 'BAD_RESPONSE' }],
])('a model that hangs, rejects or throws while it tidies up after %s changes nothing', async (_, parts, expected) => {
  const unhandled = orphans();
  let closed = 0;
  const ways = [
    () => new Promise(() => {}),
    () => Promise.reject(new Error('late')),
    () => {
      throw new Error('late');
    },
    () => undefined,
  ];
  for (const way of ways) {
    const { ended, records } = await ask(
      closing(parts, () => {
        closed += 1;
        return way();
      }),
    );
    expect(ended).toMatchObject(expected);
    expect(records).toHaveLength(1);
  }
  await aTurn();
  expect(closed).toBe(ways.length);
  expect(unhandled).toEqual([]);
});

test('a generator that hangs in its finally does not keep its answer, and one that is over is not closed', async () => {
  let tidied = 0;
  const hanging = await ask(async function* () {
    try {
      yield HI;
      yield END;
    } finally {
      tidied += 1;
      await new Promise(() => {});
    }
  });
  expect(hanging.ended).toMatchObject({ raw: 'hi' });
  expect(tidied).toBe(1);
  let closed = 0;
  const cut = await ask(closing([HI], () => (closed += 1)));
  expect(cut.ended).toMatchObject({ code: 'STREAM_TRUNCATED', text: 'hi' });
  expect(closed).toBe(0);
});

test.each([
  [
    'at once',
    () => {
      throw new Error('no');
    },
  ],
  [
    'in the middle',
    async function* () {
      yield HI;
      throw new Error('no');
    },
  ],
])('a call that fails %s is counted once', async (_, generate) => {
  const { ended, records, ctx } = await ask(generate);
  expect(ended).toMatchObject({ code: 'MODEL_FAILED' });
  expect(records).toMatchObject([NOTHING]);
  expect(ctx.eventsOf('model.end')).toMatchObject([{ usage: { modelCalls: 1 } }]);
});

test('a call that was aborted under way is counted once, and one that never began is not', async () => {
  const ctx = new TestCtx();
  async function* generate() {
    yield HI;
    ctx.cancel();
    throw new Error('socket closed');
  }
  const aborted = await ask(generate, ctx);
  expect(aborted.ended).toMatchObject({ code: 'CANCELLED' });
  expect(aborted.records).toMatchObject([NOTHING]);
  expect((await ask(generate, ctx)).records).toEqual([]);
});

test('an answer that the engine fails to record was paid for all the same', async () => {
  class FullDisk extends TestCtx {
    override async step<T>(...[name, fn]: Parameters<typeof TestCtx.prototype.step<T>>): Promise<T> {
      await super.step(name, fn);
      throw new Error('the disk is full');
    }
  }
  const { ended, records } = await ask(async function* () {
    yield HI;
    yield { ...END, usage };
  }, new FullDisk());
  expect(String(ended)).toContain('the disk is full');
  expect(records).toEqual([{ agent: 'Writer', model: 'by-hand', ...usage }]);
});
