import { expect, test } from 'vitest';
import { z } from 'zod';
import type { Guardrail } from '../../src/task-shape.ts';
import { lastAsked, SYSTEM, shapeOf, USER, work } from './work.ts';

const COUNT = shapeOf(z.object({ count: z.number() }));
const PASS = '{"pass": true, "reason": ""}';

function mustHold(word: string): Guardrail {
  return (text) => String(text).includes(word) || { reject: `say ${word}` };
}

test('a rejected answer goes back into the same conversation, context intact', async () => {
  const { answer, model, records } = work(['Cats.', 'Otters.'], { guardrails: [mustHold('Otters')] });
  expect((await answer).raw).toBe('Otters.');
  expect(model.calls[1]?.request.messages).toEqual([
    SYSTEM,
    USER,
    { role: 'assistant', content: 'Cats.' },
    { role: 'user', content: 'guardrail-reject {"reasons":["say Otters"]}' },
  ]);
  expect(records).toHaveLength(2);
});

test('a guardrail sees the validated output, the inputs, the context and a signal', async () => {
  const seen: unknown[] = [];
  const guardrail: Guardrail = (result, { inputs, context, signal }) => {
    seen.push(result, inputs, context, signal.aborted);
    return true;
  };
  await work(['{"count": 1, "more": 2}'], { output: COUNT, guardrails: [guardrail] }).answer;
  expect(seen).toEqual([{ count: 1 }, { topic: 'otters' }, { research: 'They swim.' }, false]);
});

test('guardrails run in order, the first rejection ends the round, and all run again on the new answer', async () => {
  const asked: string[] = [];
  const named =
    (name: string, word: string): Guardrail =>
    (text) => {
      asked.push(`${name}: ${text}`);
      return String(text).includes(word) || { reject: name };
    };
  const { answer, ctx } = work(['x', 'ax', 'abx'], { guardrails: [named('first', 'a'), named('second', 'b')] });
  await answer;
  expect(asked).toEqual(['first: x', 'first: ax', 'second: ax', 'first: abx', 'second: abx']);
  expect(ctx.started.filter((name) => name.includes('guardrail'))).toEqual([
    'turn.1.guardrail.0!',
    'turn.2.guardrail.0!',
    'turn.2.guardrail.1!',
    'turn.3.guardrail.0!',
    'turn.3.guardrail.1!',
  ]);
  expect(ctx.eventsOf('guardrail.end')).toMatchObject([
    { taskName: 'report', index: 0, passed: false, replaced: false, reason: 'first' },
    { index: 0, passed: true },
    { index: 1, passed: false, reason: 'second' },
    { index: 0, passed: true },
    { index: 1, passed: true },
  ]);
});

test('after guardrailMaxRetries new answers the task fails with all reasons', async () => {
  const { answer } = work(['a', 'b', 'c'], {
    guardrails: [(text) => ({ reject: `not ${text}` })],
    guardrailMaxRetries: 2,
  });
  await expect(answer).rejects.toMatchObject({
    code: 'GUARDRAIL_REJECTED',
    text: 'c',
    message: expect.stringMatching(/not a\n- not b\n- not c/),
  });
});

test('without retries the first rejection is the last', async () => {
  const { answer } = work(['a'], { guardrails: [() => ({ reject: 'no' })], guardrailMaxRetries: 0 });
  await expect(answer).rejects.toMatchObject({
    code: 'GUARDRAIL_REJECTED',
    message: expect.stringContaining('rejected the answer of agent'),
  });
});

test('a guardrail that throws rejects with its message', async () => {
  const guardrail: Guardrail = (text) => {
    if (text === 'a') throw new Error('cannot parse a');
    return true;
  };
  const { answer, model } = work(['a', 'b'], { guardrails: [guardrail] });
  await answer;
  expect(lastAsked(model).at(-1)?.content).toBe('guardrail-reject {"reasons":["cannot parse a"]}');
});

test('a replacement is read by the schema and seen by the guardrails that follow', async () => {
  const seen: unknown[] = [];
  const { answer, ctx } = work(['{"count": 1}'], {
    output: COUNT,
    guardrails: [
      () => ({ replace: { count: 2, dropped: true } }),
      (value) => {
        seen.push(value);
        return true;
      },
    ],
  });
  expect(await answer).toEqual({ output: { count: 2 }, raw: '{"count":2}', tainted: false });
  expect(seen).toEqual([{ count: 2 }]);
  expect(ctx.eventsOf('guardrail.end')[0]).toMatchObject({ passed: true, replaced: true });
});

test.each([
  ['a value that does not fit the schema', { replace: { count: 'two' } }, 'OUTPUT_INVALID'],
  ['a value that is not JSON', { replace: { count: new Date(0) } }, 'OUTPUT_NOT_JSON'],
  ['nothing that a guardrail can say', 'fine', 'TASK_FAILED'],
  ['false', false, 'TASK_FAILED'],
])('a guardrail that returns %s fails the task, for the model could not mend it', async (_, said, code) => {
  // @ts-expect-error a guardrail written in JavaScript may return anything
  const { answer } = work(['{"count": 1}'], { output: COUNT, guardrails: [() => said] });
  await expect(answer).rejects.toMatchObject({ code, taskName: 'report' });
});

test('a task without a schema can only be replaced by text', async () => {
  expect((await work(['a'], { guardrails: [() => ({ replace: 'b' })] }).answer).output).toBe('b');
  await expect(work(['a'], { guardrails: [() => ({ replace: 5 })] }).answer).rejects.toMatchObject({
    code: 'OUTPUT_INVALID',
  });
});

test('an answer mended after a rejection is still repaired when it does not fit', async () => {
  const { answer, model } = work(['{"count": 1}', '{"count": "2"}', '{"count": 2}'], {
    output: COUNT,
    guardrails: [(value) => JSON.stringify(value) === '{"count":2}' || { reject: 'two' }],
  });
  expect((await answer).output).toEqual({ count: 2 });
  expect(lastAsked(model).map((message) => message.role)).toEqual(['assistant', 'user', 'assistant', 'user']);
});

test('a sentence is judged by the model in a conversation of its own, and counted', async () => {
  const { answer, model, records } = work(
    ['Cats.', '{"pass": false, "reason": "It is about cats."}', 'Otters.', PASS],
    { guardrails: ['It is about otters.'] },
  );
  expect((await answer).raw).toBe('Otters.');
  expect(model.calls[1]?.key).toBe('report/turn.1.judge.0');
  expect(model.calls[1]?.request.messages).toEqual([
    { role: 'system', content: 'judge {}' },
    {
      role: 'user',
      content:
        'judge-answer {"criterion":"It is about otters.","answer":"Cats.","mark":"a57bba80318300","description":"Write about otters.","expectedOutput":"A paragraph."}',
    },
  ]);
  expect(model.calls[2]?.request.messages.at(-1)?.content).toBe('guardrail-reject {"reasons":["It is about cats."]}');
  expect(records).toHaveLength(4);
});

test('a judge with a JSON mode is given the shape of a verdict', async () => {
  const { answer, model } = work(['Otters.', PASS], { guardrails: ['Fine.'] }, { model: { jsonSchema: true } });
  await answer;
  expect(model.calls[1]?.request.output).toMatchObject({ name: 'verdict', schema: { type: 'object' } });
});

test('a judge that cannot be read is asked once more', async () => {
  const { answer, model } = work(['Otters.', 'Looks good to me!', PASS], { guardrails: ['Fine.'] });
  await answer;
  expect(model.calls[2]?.key).toBe('report/turn.1.judge.0.again');
  expect(model.calls[2]?.request.messages.map((message) => message.role)).toEqual([
    'system',
    'user',
    'assistant',
    'user',
  ]);
});

test('what no judge could confirm does not pass, and the sentence itself is the reason', async () => {
  const { answer, model } = work(['Otters.', '{"pass": "yes"}', '[]', 'Otters!', '{"pass": false}', 'Otters?', PASS], {
    guardrails: ['Fine.'],
  });
  expect((await answer).raw).toBe('Otters?');
  const reasons = model.calls
    .flatMap(({ request }) => request.messages)
    .filter(({ content }) => content.startsWith('guardrail-reject'));
  expect(new Set(reasons.map(({ content }) => content))).toEqual(new Set(['guardrail-reject {"reasons":["Fine."]}']));
});

test('functions and sentences keep their places in one list', async () => {
  const { answer, ctx } = work(['a', PASS], { guardrails: [() => true, 'Fine.', () => ({ replace: 'b' })] });
  expect((await answer).raw).toBe('b');
  expect(ctx.started).toEqual(['turn.1.model!', 'turn.1.guardrail.0!', 'turn.1.judge.1!', 'turn.1.guardrail.2!']);
  expect(ctx.eventsOf('guardrail.end').map((event) => event.index)).toEqual([0, 1, 2]);
});

test('a guardrail that fails because the run was cancelled ends the task', async () => {
  const { answer, ctx } = work(['a'], {
    guardrails: [
      async () => {
        ctx.cancel();
        throw new Error('aborted');
      },
    ],
  });
  await expect(answer).rejects.toMatchObject({ code: 'CANCELLED' });
  expect(ctx.eventsOf('guardrail.end')).toEqual([]);
});
