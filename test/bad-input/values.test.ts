import { type Agent, Crew, Task, tool } from 'crewline';
import { beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { agent, messagesOf, serve } from '../serve.ts';
import { type Idle, made, refused, told } from './refused.ts';

let idle: Idle;
let worker: Agent;
beforeEach(async () => {
  idle = await serve();
  worker = agent('Worker', { model: idle.model });
});

class Otter {}
const loop: { again?: object } = {};
loop.again = loop;

test.each<[string, unknown, string]>([
  ['a Date', { items: [{ at: new Date(0) }] }, 'output.items[0].at is a Date, which JSON cannot hold'],
  ['a Map', new Map(), 'output is a Map, which JSON cannot hold'],
  ['an object of a class', { by: new Otter() }, 'output.by is a Otter, which JSON cannot hold'],
  ['a bigint', [1n], 'output[0] is a bigint, which JSON cannot hold'],
  ['a function', { run: () => 1 }, 'output.run is a function, which JSON cannot hold'],
  ['a symbol', Symbol('x'), 'output is a symbol, which JSON cannot hold'],
  ['NaN', { n: Number.NaN }, 'output.n is NaN, which JSON cannot hold'],
  ['an infinite number', Number.POSITIVE_INFINITY, 'output is Infinity, which JSON cannot hold'],
  ['undefined in a list', [undefined], 'output[0] is undefined, which JSON cannot hold'],
  [
    'an object that holds itself',
    loop,
    'output.again.again.again.again.again.aga… is nested deeper than 64 levels, or holds itself',
  ],
])('an output of code that is not JSON: %s', async (_, value, where) => {
  const crew = new Crew({ name: 'newsroom', tasks: [new Task({ name: 'only', execute: () => value })] });
  expect(await refused(() => crew.kickoff(), idle)).toBe(
    `OUTPUT_NOT_JSON The output of task "only" is not JSON: ${where}. Return plain data: texts, numbers, lists, objects.`,
  );
});

test('an output that its schema turns into something that is not JSON', async () => {
  const { model } = await serve('{"at": "2025-01-01"}');
  const dated = new Task({
    name: 'dated',
    description: 'd',
    expectedOutput: 'e',
    agent: agent('Clerk', { model }),
    output: z.object({ at: z.string().transform((text) => new Date(text)) }),
  });
  const crew = new Crew({ name: 'newsroom', agents: dated.agent ? [dated.agent] : [], tasks: [dated] });
  expect(await told(() => crew.kickoff())).toBe(
    'OUTPUT_NOT_JSON The output of task "dated" is not JSON: output.at is a Date, which JSON cannot hold. Let its schema and its guardrails yield plain data.',
  );
});

test('a schema that has no JSON schema is refused when the task is built', async () => {
  const output = z.object({ at: z.date() });
  const options = { name: 'dated', description: 'd', expectedOutput: 'e', agent: worker, output };
  expect(await refused(() => made(Task, options), idle)).toBe(
    'SCHEMA_UNSUPPORTED task "dated": output: the schema has no JSON schema: Date cannot be represented in JSON Schema',
  );
});

test('a tool’s result that is not JSON is an error that the model sees', async () => {
  const { server, model } = await serve(({ messages }) =>
    messages.length > 2 ? 'done' : { toolCalls: [{ name: 'now', arguments: {} }] },
  );
  const now = tool({ name: 'now', description: 'Tells the time.', input: z.object({}), execute: () => [new Date(0)] });
  const clerk = agent('Clerk', { model, tools: [now] });
  const only = new Task({ name: 'only', description: 'd', expectedOutput: 'e', agent: clerk });
  await new Crew({ name: 'newsroom', agents: [clerk], tasks: [only] }).kickoff();
  expect(messagesOf(server, 1)[3]?.content).toContain('"now" failed: result[0] is a Date, which JSON cannot hold');
});

test('inputs that are not JSON, no object, or do not fit the crew’s schema', async () => {
  const only = new Task({ name: 'only', description: 'd', expectedOutput: 'e', agent: worker });
  const crew = new Crew({ name: 'newsroom', agents: [worker], tasks: [only] });
  const says = (inputs: unknown) => refused(() => Reflect.apply(crew.kickoff, crew, [{ inputs }]), idle);
  expect(await says({ since: new Date(0) })).toBe(
    'INPUT_INVALID Inputs are JSON on every engine: inputs.since is a Date, which JSON cannot hold.',
  );
  expect(await says(['otters'])).toBe('INPUT_INVALID Inputs are JSON on every engine: inputs must be an object.');
  const strict = new Crew({
    name: 'newsroom',
    agents: [worker],
    tasks: [only],
    inputs: z.object({ topic: z.string(), year: z.number() }),
  });
  expect(await refused(() => Reflect.apply(strict.kickoff, strict, [{ inputs: { topic: 1 } }]), idle)).toBe(
    'INPUT_INVALID The inputs do not fit crew "newsroom": topic: Invalid input: expected string, received number; year: Invalid input: expected number, received undefined.',
  );
  expect(await refused(() => Reflect.apply(strict.kickoff, strict, []), idle)).toContain('INPUT_INVALID');
});
