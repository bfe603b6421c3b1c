import { ModelError, type ModelPart } from 'crewline';
import type { ErrorCode, ModelErrorDetails } from '../../src/errors.ts';
import type { Fault } from './fault.ts';
import { type Answering, type Asked, calls, END, says } from './world.ts';

const HOUR = 3_600_000;
/** More often than a call is made. */
const ALWAYS = 100;

function throws(code: ErrorCode, details: ModelErrorDetails): Answering {
  return () => {
    throw new ModelError(code, `the model says ${code}`, details);
  };
}
const passing = (code: ErrorCode, more: ModelErrorDetails = {}) => throws(code, { retryable: true, ...more });
const lasting = (code: ErrorCode) => throws(code, { retryable: false });

/** Says half of something, then breaks off. */
function* breaksOff(): Generator<ModelPart> {
  yield { type: 'text', text: 'Half of ' };
  throw new ModelError('STREAM_TRUNCATED', 'the connection was reset', { retryable: true, text: 'Half of ' });
}

/** Says nothing until its signal is aborted. */
async function* silence({ clock, signal }: Asked): AsyncGenerator<ModelPart> {
  await clock.sleep(10 * HOUR, signal);
  yield END;
}

async function* stalls({ clock, signal }: Asked): AsyncGenerator<ModelPart> {
  yield { type: 'text', text: 'Half of ' };
  await clock.sleep(10 * HOUR, signal);
}

const ends = (finishReason: 'length' | 'filter' | 'refusal', text: string): readonly ModelPart[] => [
  { type: 'text', text },
  { type: 'end', finishReason, usage: { inputTokens: 10, outputTokens: 5 } },
];

/** F01 to F12, F20 and what a text may hold: what a model, or the way to it, does. */
export const MODEL_FAULTS: readonly Fault[] = [
  {
    id: 'F01',
    title: 'a 429 that asks for half a second',
    inject: (world) => world.answer(passing('RATE_LIMITED', { status: 429, retryAfterMs: 500 })),
    ends: { as: 'retried' },
  },
  {
    id: 'F01',
    title: 'a 429 that asks for longer than the task has',
    inject: (world) =>
      world.answer(passing('RATE_LIMITED', { status: 429, retryAfterMs: 10 * HOUR }), { times: ALWAYS }),
    ends: { as: 'paused', code: 'PROVIDER_WAIT' },
  },
  {
    id: 'F02',
    title: 'a 429 that does not say for how long',
    inject: (world) => world.answer(passing('RATE_LIMITED', { status: 429 }), { times: 2 }),
    ends: { as: 'retried' },
  },
  {
    id: 'F02',
    title: '429s without an end',
    inject: (world) => world.answer(passing('RATE_LIMITED', { status: 429 }), { times: ALWAYS }),
    ends: { as: 'failed', code: 'RATE_LIMITED' },
  },
  {
    id: 'F03',
    title: 'an empty account',
    inject: (world) => world.answer(lasting('QUOTA_EXHAUSTED'), { times: ALWAYS }),
    ends: { as: 'paused', code: 'QUOTA_EXHAUSTED' },
  },
  {
    id: 'F03',
    title: 'a wrong key',
    inject: (world) => world.answer(lasting('AUTH'), { times: ALWAYS }),
    ends: { as: 'failed', code: 'AUTH' },
  },
  {
    id: 'F04',
    title: 'a 503, once',
    inject: (world) => world.answer(passing('PROVIDER_DOWN', { status: 503 })),
    ends: { as: 'retried' },
  },
  {
    id: 'F04',
    title: '503s without an end',
    inject: (world) => world.answer(passing('PROVIDER_DOWN', { status: 503 }), { times: ALWAYS }),
    ends: { as: 'failed', code: 'PROVIDER_DOWN' },
  },
  {
    id: 'F05',
    title: 'a host that does not exist',
    inject: (world) => world.answer(lasting('PROVIDER_DOWN'), { times: ALWAYS }),
    ends: { as: 'failed', code: 'PROVIDER_DOWN' },
  },
  {
    id: 'F06',
    title: 'a connection that is reset before the answer',
    inject: (world) => world.answer(passing('PROVIDER_DOWN')),
    ends: { as: 'retried' },
  },
  {
    id: 'F06',
    title: 'a connection that is reset in the middle of the answer',
    inject: (world) => world.answer(breaksOff),
    ends: { as: 'retried' },
  },
  {
    id: 'F07',
    title: 'silence, once',
    inject: (world) => world.answer(silence),
    ends: { as: 'retried' },
  },
  {
    id: 'F07',
    title: 'an answer that stands still in the middle, once',
    inject: (world) => world.answer(stalls),
    ends: { as: 'retried' },
  },
  {
    id: 'F07',
    title: 'silence without an end',
    inject: (world) => world.answer(silence, { times: ALWAYS }),
    ends: { as: 'failed', code: 'TIMEOUT' },
  },
  {
    id: 'F08',
    title: 'a stream without its end, once',
    inject: (world) => world.answer(() => [{ type: 'text', text: 'Half of ' }]),
    ends: { as: 'retried' },
  },
  {
    id: 'F08',
    title: 'streams without their end',
    inject: (world) => world.answer(() => [{ type: 'text', text: 'Half of ' }], { times: ALWAYS }),
    ends: { as: 'failed', code: 'STREAM_TRUNCATED' },
  },
  {
    id: 'F09',
    title: 'a malformed answer, twice',
    inject: (world) => world.answer(passing('BAD_RESPONSE'), { times: 2 }),
    ends: { as: 'retried' },
  },
  {
    id: 'F09',
    title: 'malformed answers without an end',
    inject: (world) => world.answer(passing('BAD_RESPONSE'), { times: ALWAYS }),
    ends: { as: 'failed', code: 'BAD_RESPONSE' },
  },
  {
    id: 'F10',
    title: 'an answer that holds nothing, once',
    inject: (world) => world.answer(() => [END]),
    ends: { as: 'retried' },
  },
  {
    id: 'F10',
    title: 'answers that hold nothing',
    inject: (world) => world.answer(() => [END], { times: ALWAYS }),
    ends: { as: 'failed', code: 'BAD_RESPONSE' },
  },
  {
    id: 'F11',
    title: 'answers cut at their limit',
    inject: (world) => world.answer(() => ends('length', 'Half of '), { times: ALWAYS }),
    ends: { as: 'failed', code: 'OUTPUT_TRUNCATED' },
  },
  {
    id: 'F12',
    title: 'a filtered answer',
    inject: (world) => world.answer(() => ends('filter', 'Half of '), { times: ALWAYS }),
    ends: { as: 'failed', code: 'CONTENT_FILTERED' },
  },
  {
    id: 'F12',
    title: 'a refusal',
    inject: (world) => world.answer(() => ends('refusal', 'I cannot.'), { times: ALWAYS }),
    ends: { as: 'failed', code: 'REFUSED' },
  },
  {
    id: 'F20',
    title: 'a conversation that is too long for the model, whatever is left out',
    inject: (world) => world.answer(lasting('CONTEXT_OVERFLOW'), { times: ALWAYS }),
    ends: { as: 'failed', code: 'CONTEXT_OVERFLOW' },
  },
  {
    id: 'F21',
    title: 'an output that does not fit its schema, once',
    inject: (world) => world.answer(() => says('{"verdict":7}'), { at: 'report' }),
    ends: { as: 'shown', words: /verdict/ },
  },
  {
    id: 'F21',
    title: 'outputs that never fit their schema',
    inject: (world) => world.answer(() => says('It is good.'), { at: 'report', times: ALWAYS }),
    ends: { as: 'failed', code: 'OUTPUT_INVALID' },
  },
  {
    id: 'F40',
    title: 'an output of two megabytes',
    inject: (world) => world.answer(() => says('otter '.repeat(350_000))),
    ends: { as: 'harmless' },
  },
  {
    id: 'F41',
    title: 'an output of half characters, NUL and text that reorders',
    inject: (world) => world.answer(() => says('a\ud800b\0c\u202ed\u{e0041}')),
    ends: { as: 'harmless' },
  },
  {
    id: 'F42',
    title: 'an output that is nested too deep, once',
    inject: (world) => world.answer(() => says(`${'['.repeat(5_000)}${']'.repeat(5_000)}`), { at: 'report' }),
    ends: { as: 'shown', words: /deeper|JSON/ },
  },
  {
    id: 'F13',
    title: 'arguments that are not JSON, once',
    inject: (world) => world.answer(() => calls({ arguments: '{"at": ' })),
    ends: { as: 'shown', words: /look/ },
  },
  {
    id: 'F13',
    title: 'arguments that are never JSON',
    inject: (world) =>
      world.answer(
        ({ tools, messages }) => calls({ name: tools[0] ?? 'look', arguments: `{"at": ${messages.length}` }),
        { times: ALWAYS },
      ),
    ends: { as: 'failed', code: 'TOOL_ARGS_INVALID' },
  },
  {
    id: 'F14',
    title: 'a tool that does not exist',
    inject: (world) => world.answer(() => calls({ name: 'Look' }, { name: '' })),
    ends: { as: 'shown', words: /look/ },
  },
  {
    id: 'F15',
    title: 'arguments of a wrong type, one too many, and one that reaches for a prototype',
    inject: (world) =>
      world.answer(() =>
        calls({ arguments: '{"at":1}' }, { arguments: '{"at":"a","by":2}' }, { arguments: '{"__proto__":{"at":"a"}}' }),
      ),
    ends: { as: 'shown', words: /no such field|expected string/ },
  },
  {
    id: 'F16',
    title: 'one id for two calls, and none for a third',
    inject: (world) => world.answer(() => calls({ id: 'same' }, { id: 'same' }, { id: '' })),
    ends: { as: 'harmless' },
  },
  {
    id: 'F19',
    title: 'the same call without an end',
    inject: (world) => world.answer(() => calls({}), { times: ALWAYS }),
    ends: { as: 'failed', code: 'LOOP_DETECTED' },
  },
  {
    id: 'F42',
    title: 'arguments that are nested too deep',
    inject: (world) => world.answer(() => calls({ arguments: `{"at":${'['.repeat(100)}${']'.repeat(100)}}` })),
    ends: { as: 'shown', words: /deeper/ },
  },
];
