import { Crew, type Json, Task } from 'crewline';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { failure, meeting } from '../serve.ts';

test('code reads inputs and context, and what it returns is the output', async () => {
  const one = new Task({ name: 'one', execute: ({ inputs }) => ({ twice: Number(inputs['n']) * 2 }) });
  const two = new Task({ name: 'two', context: [one], execute: async ({ context }) => context.one.twice + 1 });
  const none = new Task({ name: 'none', execute: () => undefined });
  const text = new Task({ name: 'text', execute: () => 'a text' });
  const crew = new Crew({ name: 'code', tasks: [one, two, none, text], process: 'parallel' });
  const { tasks } = await crew.kickoff({ inputs: { n: 4 } });
  expect(Object.values(tasks).map(({ output, raw }) => [output, raw])).toEqual([
    [{ twice: 8 }, '{"twice":8}'],
    [9, '9'],
    [null, 'null'],
    ['a text', 'a text'],
  ]);
});

test('in a sequential crew code without a context reads every earlier output', async () => {
  const one = new Task({ name: 'one', execute: () => 1 });
  const two = new Task({ name: 'two', execute: () => 2 });
  const three = new Task({ name: 'three', execute: ({ context }) => Object.keys(context) });
  expect((await new Crew({ name: 'code', tasks: [one, two, three] }).kickoff()).output).toEqual(['one', 'two']);
});

test('with a schema the output is what the schema makes of it, and what does not fit fails the task', async () => {
  const output = z.object({ n: z.coerce.number().min(1) });
  const task = (n: string) => new Task({ name: 'only', output, execute: () => ({ n }) });
  expect((await new Crew({ name: 'code', tasks: [task('3')] }).kickoff()).output).toEqual({ n: 3 });
  const error = await failure(new Crew({ name: 'code', tasks: [task('0')] }).kickoff());
  expect(error).toMatchObject({ code: 'OUTPUT_INVALID', taskName: 'only' });
  expect(error.message).toMatch(/^What execute of task "only" returned does not fit its output schema: n: /);
});

test('steps of one’s own return what they return, have keys of their own and may run together', async () => {
  const keys: string[] = [];
  const met = meeting();
  const only = new Task({
    name: 'only',
    execute: async ({ step }) => {
      const part = (name: string, other: string) =>
        step(name, async ({ key, signal }) => {
          keys.push(key);
          met.arrive(name);
          await met.arrived(other);
          return signal.aborted ? 'stopped' : name;
        });
      const both = await Promise.all([part('left', 'right'), part('right', 'left')]);
      return [...both, await step('last', async () => 'last')];
    },
  });
  const result = await new Crew({ name: 'code', tasks: [only] }).kickoff();
  expect(result.output).toEqual(['left', 'right', 'last']);
  expect(new Set(keys).size).toBe(2);
  expect(keys.every((key) => key.startsWith(`${result.runId}/only#`))).toBe(true);
});

test('two steps of one name, and a step begun while another is under way, are found by the first test', async () => {
  const twice = new Task({
    name: 'twice',
    execute: async ({ step }) => {
      await step('same', async () => 1);
      return step('same', async () => 2);
    },
  });
  const error = await failure(new Crew({ name: 'code', tasks: [twice] }).kickoff());
  expect(error.code).toBe('STEP_DUPLICATE');
  expect(error.message).toBe('Two steps are named "user.same"; a step\'s name is unique within its task.');
  const nested = new Task({
    name: 'nested',
    execute: ({ step }) =>
      step('outer', async (): Promise<Json> => {
        await null;
        return step('inner', async () => 1);
      }),
  });
  expect((await failure(new Crew({ name: 'code', tasks: [nested] }).kickoff())).code).toBe('STEP_ORDER');
});
