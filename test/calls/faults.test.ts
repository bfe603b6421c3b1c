import { tool } from 'crewline';
import { type ModelFault, modelFaults, respondInOrder, type ServerRequest } from 'crewline/testing';
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { RUNS } from '../sizes.ts';
import { attemptsOf, oneCall, site, typesOf, warmUp } from './one-call.ts';

const CASES = Math.ceil(RUNS / 20);
const WELL = 'All is well.';

const look = tool({
  name: 'look',
  description: 'Looks.',
  input: { type: 'object', properties: {} },
  effect: 'read',
  execute: () => 'seen',
});

const isEndless = (fault: ModelFault) => fault.id.startsWith('F07');
/** Faults of the answer that only the call layer finds. */
const MALFORMED = (fault: ModelFault) => fault.endsAs === 'BAD_RESPONSE';

/** First what the fault does, then a good answer; a fault that asks for tools gets their results first. */
const once = (...faults: readonly ModelFault[]) => {
  const [first, ...rest] = faults.map((fault) => fault.reply);
  return respondInOrder([(request: ServerRequest) => first?.(request) ?? WELL, ...rest, WELL]);
};

beforeAll(warmUp);

const MODES = [false, true];
const meets = ({ meets }: ModelFault, stream: boolean) => meets === 'all' || (meets === 'streamed') === stream;

for (const fault of modelFaults) {
  test.each(MODES.filter((stream) => meets(fault, stream)))(
    `${fault.id}: after ${fault.title}, a call ends as it should (streamed: %s)`,
    async (stream) => {
      const { clock, server, model } = await site(once(fault), { ...(isEndless(fault) && { patienceMs: 40 }) });
      const { error, text, events, usage } = await oneCall(clock, model, { stream, tools: [look] });
      const goesOn = fault.retryable || ['answer', 'toolCalls'].includes(fault.endsAs) || fault.id === 'F11-length';
      if (goesOn) expect(error, `${error?.message}`).toBeNull();
      else expect(error?.code).toBe(fault.endsAs);
      if (goesOn) expect(text).not.toBe('');
      if (fault.retryable) expect(text).toBe(WELL);
      expect(attemptsOf(events)).toHaveLength(server.requests.length);
      expect(usage.modelCalls).toBe(server.requests.length);
      if (!goesOn) expect(server.requests).toHaveLength(1);
      if (fault.retryable) {
        const end = events.find((event) => event.type === 'model.end');
        expect(end).toMatchObject({ error: { code: fault.endsAs } });
        expect(typesOf(events)).toContain('model.retry');
      }
      expect(clock.scheduled).toBe(0);
      await clock.advance(0);
      expect(clock.bounds).toBe(0);
    },
  );
}

test.each(modelFaults.filter(({ retryable, id }) => retryable && !id.startsWith('F07') && !id.includes('huge')))(
  '$id: $title, again and again, ends the call after its retries',
  async (fault) => {
    const stream = fault.meets === 'streamed';
    const { clock, server, model } = await site(fault.reply);
    const { error, events } = await oneCall(clock, model, { stream });
    expect(error?.code).toBe(fault.endsAs);
    const attempts = MALFORMED(fault) ? 3 : 7;
    expect(server.requests).toHaveLength(attempts);
    expect(error?.message).toContain(`It was tried ${attempts} times.`);
    expect(attemptsOf(events)).toEqual(Array.from({ length: attempts }, (_, index) => index + 1));
  },
);

test('any faults in a row on one call end in an answer or in one typed error, and nothing is left over', async () => {
  const some = fc.array(
    fc.constantFrom(...modelFaults.filter((fault) => !isEndless(fault) && !fault.id.includes('huge'))),
    {
      minLength: 2,
      maxLength: 2,
    },
  );
  await fc.assert(
    fc.asyncProperty(some, fc.boolean(), async (faults, stream) => {
      const { clock, server, model } = await site(once(...faults));
      try {
        const { error, text, events, usage } = await oneCall(clock, model, { stream, tools: [look] });
        const codes = faults.map(({ endsAs }) => endsAs);
        if (error === null) expect(text).not.toBe('');
        else expect(codes).toContain(error.code);
        if (faults.every(({ retryable }) => retryable)) expect(text).toMatch(/ll is well\.$/);
        expect(attemptsOf(events)).toHaveLength(server.requests.length);
        expect(usage.modelCalls).toBe(server.requests.length);
        expect(clock.scheduled).toBe(0);
      } finally {
        await server.close();
      }
    }),
    { numRuns: CASES },
  );
});
