import { expect, onTestFinished, test } from 'vitest';
import { ModelError } from '../../src/errors.ts';
import { FAULT_TEXT, type ModelFault, modelFaults } from '../../src/testing/model-faults.ts';
import { modelServer, respondInOrder } from '../../src/testing/server.ts';
import { ask, setUp, textOf } from '../models/ask-model.ts';

const tools = [{ name: 'look', description: 'Looks.', parameters: { type: 'object' } }];
/** Faults that only a time limit ends, which is the business of whoever calls the model. */
const isEndless = (fault: ModelFault) => fault.endsAs === 'TIMEOUT' && fault.id.startsWith('F07');

const GIVEN_UP: { readonly [reason: string]: string | undefined } = {
  length: 'OUTPUT_TRUNCATED',
  filter: 'CONTENT_FILTERED',
  refusal: 'REFUSED',
};

/** How one call of an `openai()` model ends when it meets the fault. */
async function meet(fault: ModelFault, stream: boolean) {
  const { model } = await setUp(fault.reply);
  try {
    const parts = await ask(model, { stream, tools });
    const end = parts.at(-1);
    // What these mean is for whoever called the model to say; the model only tells.
    const code = end?.type === 'end' ? GIVEN_UP[end.finishReason] : undefined;
    if (code !== undefined) return { code, retryable: false };
    const calls = parts.filter((part) => part.type === 'toolCall');
    return calls.length > 0 ? { calls } : { text: textOf(parts) };
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
    return { code: error.code, retryable: error.retryable };
  }
}

/** What the catalogue says of it. */
function promised({ endsAs, retryable }: ModelFault) {
  if (endsAs === 'answer') return { text: FAULT_TEXT };
  if (endsAs !== 'toolCalls') return { code: endsAs, retryable };
  const call = { type: 'toolCall', name: 'look', arguments: '{}', id: expect.stringMatching(/./) };
  return { calls: [call, call] };
}

for (const fault of modelFaults.filter((one) => !isEndless(one))) {
  test(`${fault.id}: ${fault.title}, ends a call as the catalogue says`, async () => {
    for (const stream of [true, false]) {
      const met = fault.meets === 'all' || (fault.meets === 'streamed') === stream;
      const end = await meet(fault, stream);
      expect(end, stream ? 'streamed' : 'whole').toEqual(met ? promised(fault) : { text: FAULT_TEXT });
      if (end.calls !== undefined) expect(new Set(end.calls.map((call) => call.id)).size).toBe(2);
    }
  });
}

for (const fault of modelFaults.filter(isEndless)) {
  test(`${fault.id}: ${fault.title}, goes on until the caller gives up`, async () => {
    const { model, server } = await setUp(fault.reply);
    const own = new AbortController();
    const stream = fault.meets !== 'whole';
    const end = ask(model, { stream, tools }, own.signal).then(
      () => 'answered',
      (error) => error.code,
    );
    // A server with something to say would have said it while another was asked.
    const other = await modelServer();
    onTestFinished(() => other.close());
    while (server.requests.length === 0) await fetch(other.url);
    await fetch(other.url);
    expect(await Promise.race([end, Promise.resolve('under way')])).toBe('under way');
    own.abort();
    expect(await end).toBe('CANCELLED');
  });
}

test('the catalogue is frozen, and each of its faults has a name of its own and a class', () => {
  expect(Object.isFrozen(modelFaults) && modelFaults.every((fault) => Object.isFrozen(fault))).toBe(true);
  expect(new Set(modelFaults.map((fault) => fault.id)).size).toBe(modelFaults.length);
  expect(modelFaults.every((fault) => /^F\d\d-[a-z0-9-]+$/.test(fault.id))).toBe(true);
});

test('replies come in the order given, and the last one stays', async () => {
  const { model, server } = await setUp(respondInOrder(['one', ({ index }) => `two (${index})`, { text: 'three' }]));
  const texts: string[] = [];
  for (let call = 0; call < 4; call += 1) texts.push(textOf(await ask(model)));
  expect(texts).toEqual(['one', 'two (1)', 'three', 'three']);
  server.respond(respondInOrder([{ status: 503 }, 'well again']));
  await expect(ask(model)).rejects.toMatchObject({ code: 'PROVIDER_DOWN' });
  expect(textOf(await ask(model))).toBe('well again');
});
