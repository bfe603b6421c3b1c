import { fallback, hedged, type Model, type ModelPart } from 'crewline';
import { fakeClock, scriptedModel } from 'crewline/testing';
import { beforeAll, expect, test } from 'vitest';
import { oneCall, typesOf, warmUp } from './one-call.ts';

beforeAll(warmUp);

/** A model that stops in the middle of its first answer. */
function halting(timeouts: Model['timeouts'], rest: Partial<Model> = {}) {
  const streamed: boolean[] = [];
  const model: Model = {
    name: 'halting',
    ...rest,
    ...(timeouts && { timeouts }),
    async *generate({ stream }): AsyncGenerator<ModelPart> {
      streamed.push(stream);
      yield { type: 'text', text: 'Half' };
      if (streamed.length === 1) await new Promise(() => {});
      yield { type: 'end', finishReason: 'stop', usage: { inputTokens: 1, outputTokens: 1 } };
    },
  };
  return { model, streamed };
}

test('a silence is bounded where the model bounds it, though nobody listens to pieces, and no piece is told of', async () => {
  const { model, streamed } = halting({ idleMs: 500 });
  const { text, events, tookMs } = await oneCall(fakeClock({ patienceMs: 20 }), model);
  expect([text, streamed]).toEqual(['Half', [true, true]]);
  expect(tookMs).toBeLessThan(2_000);
  expect(typesOf(events)).toEqual(['model.start', 'model.end', 'model.retry', 'model.start', 'model.end']);
});

test.each([
  ['hedged', (model: Model) => hedged(model)],
  ['one of a fallback', (model: Model) => fallback([model, scriptedModel(['b'])])],
] as const)('so it is where the model is %s', async (_, made) => {
  const { model, streamed } = halting({ firstByteMs: 1_000, idleMs: 500 });
  await oneCall(fakeClock({ patienceMs: 20 }), made(model));
  expect(streamed).toEqual([true, true]);
});

test('without such a bound an answer is whole, and has its total', async () => {
  const { model, streamed } = halting({ totalMs: 3_000 }, { retries: 0 });
  const { error, tookMs } = await oneCall(fakeClock({ patienceMs: 20 }), model);
  expect([error?.code, streamed, tookMs]).toEqual(['TIMEOUT', [false], 3_000]);
});
