import { Crew, Task, tool } from 'crewline';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { agent, failure, messagesOf, serve } from '../serve.ts';

const asked = { description: 'Count the otters.', expectedOutput: 'A number.' } as const;
const Count = z.object({ animal: z.string(), counts: z.array(z.object({ n: z.number() })) });

test.each([true, false])(
  'an agent with tools and a schema whose answer has a wrong type mends it in the same conversation (JSON schema mode: %s)',
  async (jsonSchema) => {
    const { server, model } = await serve(
      ({ index }) => {
        if (index === 0) return { toolCalls: [{ name: 'count', arguments: { place: 'river' } }] };
        if (index === 1) return '{"animal": "otter", "counts": [{"n": 3}, {"n": "four"}]}';
        return '{"animal": "otter", "counts": [{"n": 3}, {"n": 4}]}';
      },
      { jsonSchema },
    );
    let calls = 0;
    const count = tool({
      name: 'count',
      description: 'Counts.',
      input: z.object({ place: z.string() }),
      execute: ({ place }) => {
        calls += 1;
        return { place, n: 7 };
      },
    });
    const worker = agent('Worker', { model, tools: [count] });
    const only = new Task({ name: 'only', ...asked, agent: worker, output: Count });
    const result = await new Crew({ name: 'typed', agents: [worker], tasks: [only] }).kickoff();
    expect(result.output.counts.map(({ n }) => n)).toEqual([3, 4]);
    expect(result.raw).toBe('{"animal":"otter","counts":[{"n":3},{"n":4}]}');
    expect(calls).toBe(1);
    expect(server.requests).toHaveLength(3);
    const conversation = messagesOf(server, 2);
    expect(conversation.map((message) => message.role)).toEqual([
      'system',
      'user',
      'assistant',
      'tool',
      'assistant',
      'user',
    ]);
    expect(conversation.slice(0, 4)).toEqual(messagesOf(server, 1));
    expect(conversation.at(-1)?.content).toContain('- counts[1].n: ');
    for (const { body } of server.requests) expect(Object(body).response_format !== undefined).toBe(jsonSchema);
    expect(messagesOf(server, 0)[1]?.content?.includes('"counts"')).toBe(!jsonSchema);
    expect(result.usage.modelCalls).toBe(3);
    expect(result.tasks.only.attempts).toBe(1);
  },
);

test('an answer that never fits ends the task after three repairs, with the last problems and the last words', async () => {
  const { server, model } = await serve('{"animal": 1}');
  const worker = agent('Worker', { model });
  const only = new Task({ name: 'only', ...asked, agent: worker, output: Count });
  const error = await failure(new Crew({ name: 'typed', agents: [worker], tasks: [only] }).kickoff());
  expect(error.code).toBe('OUTPUT_INVALID');
  expect(error.message).toMatch(
    /^Agent "Worker" gave 4 answers to task "only" that do not fit its output schema\. The last one: animal: .*; counts: .* It was: \{"animal": 1\}$/,
  );
  expect(error.partial?.tasks['only']?.usage.modelCalls).toBe(4);
  expect(server.requests).toHaveLength(4);
});

test('a guardrail that passes on the second try sends the answer back with its reason, and still sees the context', async () => {
  const { server, model } = await serve(({ messages }) =>
    messages.some((message) => message.content.includes('too short')) ? 'Three otters, seen at dawn.' : 'Three.',
  );
  const worker = agent('Worker', { model });
  const facts = new Task({ name: 'facts', execute: () => ({ least: 10 }) });
  const seen: unknown[] = [];
  const text = new Task({
    name: 'text',
    ...asked,
    agent: worker,
    context: [facts],
    guardrails: [
      (answer, { context, inputs, signal }) => {
        seen.push([answer, context, inputs, signal.aborted]);
        return answer.length >= context.facts.least || { reject: `too short for {{topic}}` };
      },
      (answer) => ({ replace: `${answer} Checked.` }),
    ],
  });
  const result = await new Crew({ name: 'guarded', agents: [worker], tasks: [facts, text] }).kickoff({
    inputs: { topic: 'otters' },
  });
  expect(result.raw).toBe('Three otters, seen at dawn. Checked.');
  const scope = [{ facts: { least: 10 } }, { topic: 'otters' }, false];
  expect(seen).toEqual([
    ['Three.', ...scope],
    ['Three otters, seen at dawn.', ...scope],
  ]);
  expect(server.requests).toHaveLength(2);
  const again = messagesOf(server, 1);
  expect(again.slice(0, 2)).toEqual(messagesOf(server, 0));
  expect(again[1]?.content).toContain('<result task="facts">\n{"least":10}\n</result>');
  expect(again[2]).toEqual({ role: 'assistant', content: 'Three.' });
  expect(again[3]?.content).toBe(
    'Your answer was not accepted:\n- too short for {{topic}}\n\nMend this and give the complete answer again. Keep what was right, and do not mention this correction.',
  );
});

test('all guardrails run again on a new answer, and a repair may come in between', async () => {
  const answers = ['{"n": -1}', '{"n": "x"}', '{"n": 2}'];
  const { server, model } = await serve(({ index }) => answers[index] ?? '');
  const worker = agent('Worker', { model });
  const seen: string[] = [];
  const only = new Task({
    name: 'only',
    ...asked,
    agent: worker,
    output: z.object({ n: z.number() }),
    guardrails: [
      ({ n }) => {
        seen.push(`first ${n}`);
        return true;
      },
      ({ n }) => {
        seen.push(`second ${n}`);
        if (n < 0) throw new Error('it must not be negative');
        return true;
      },
    ],
  });
  const result = await new Crew({ name: 'guarded', agents: [worker], tasks: [only] }).kickoff();
  expect(result.output).toEqual({ n: 2 });
  expect(seen).toEqual(['first -1', 'second -1', 'first 2', 'second 2']);
  expect(messagesOf(server, 1).at(-1)?.content).toContain('- it must not be negative');
});

test('a guardrail in words is judged by the model in a conversation of its own, and its calls count', async () => {
  const { server, model } = await serve(({ messages }) => {
    const isJudge = messages[0]?.content.startsWith('You check answers');
    const text = messages.map((message) => message.content).join('\n');
    if (!isJudge) return text.includes('Name the river') ? 'Otters on the Spree' : 'Otters';
    return JSON.stringify(
      text.includes('Spree') ? { pass: true, reason: '' } : { pass: false, reason: 'Name the river.' },
    );
  });
  const worker = agent('Worker', { model });
  const only = new Task({ name: 'only', ...asked, agent: worker, guardrails: ['It names a river.'] });
  const result = await new Crew({ name: 'judged', agents: [worker], tasks: [only] }).kickoff();
  expect(result.raw).toBe('Otters on the Spree');
  expect(server.requests).toHaveLength(4);
  expect(result.usage).toMatchObject({ modelCalls: 4, byAgent: { Worker: { modelCalls: 4 } } });
  expect(messagesOf(server, 1)[1]?.content).toContain('# Criterion\nIt names a river.');
});

test('an answer that no guardrail lets pass fails the task with every reason', async () => {
  const { server, model } = await serve(({ index }) => `answer ${index}`);
  const worker = agent('Worker', { model });
  const only = new Task({
    name: 'only',
    ...asked,
    agent: worker,
    guardrails: [(answer) => ({ reject: `${answer} is bad` })],
    guardrailMaxRetries: 1,
  });
  const error = await failure(new Crew({ name: 'guarded', agents: [worker], tasks: [only] }).kickoff());
  expect(error).toMatchObject({ code: 'GUARDRAIL_REJECTED', taskName: 'only', agent: 'Worker' });
  expect(error.message).toBe(
    'The guardrails of task "only" rejected 2 answers of agent "Worker":\n- answer 0 is bad\n- answer 1 is bad\nThe last answer was: answer 1',
  );
  expect(server.requests).toHaveLength(2);
});
