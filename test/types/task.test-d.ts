import { Agent, optional, Task, tool } from 'crewline';
import { expectTypeOf, test } from 'vitest';
import { z } from 'zod';

const words = { description: 'd', expectedOutput: 'e' } as const;
const analyst = new Agent({ role: 'Research analyst', goal: 'g', backstory: 'b' });
const facts = new Task({ name: 'facts', ...words, agent: analyst, output: z.object({ count: z.number() }) });
const notes = new Task({ name: 'notes', ...words, agent: analyst });
const total = new Task({ name: 'total', execute: () => 12 });

test('an agent goes by its role, or by its name where it has one', () => {
  expectTypeOf(analyst.name).toEqualTypeOf<'Research analyst'>();
  expectTypeOf(new Agent({ role: 'r', name: 'bob', goal: 'g', backstory: 'b' }).name).toEqualTypeOf<'bob'>();
});

test('execute, when and guardrails read the outputs in context, each with its type', () => {
  new Task({
    name: 'sum',
    context: [facts, notes, total],
    when: ({ context }) => {
      expectTypeOf(context.facts).toEqualTypeOf<{ count: number }>();
      return context.total > 1;
    },
    execute: async ({ context, inputs, signal, runId, taskName, step }) => {
      expectTypeOf(context).toEqualTypeOf<{
        readonly facts: { count: number };
        readonly notes: string;
        readonly total: number;
      }>();
      expectTypeOf(inputs['topic']).not.toBeAny();
      expectTypeOf(signal).toEqualTypeOf<AbortSignal>();
      expectTypeOf(`${runId}${taskName}`).toBeString();
      return step('double', async () => context.total * 2);
    },
  });
  new Task({
    name: 'review',
    ...words,
    agent: analyst,
    context: [facts],
    output: z.object({ verdict: z.enum(['good', 'bad']) }),
    guardrails: [
      'It is polite.',
      (result, { context }) => {
        expectTypeOf(result).toEqualTypeOf<{ verdict: 'good' | 'bad' }>();
        return context.facts.count > 0 || { reject: 'no facts' };
      },
      (result) => (result.verdict === 'bad' ? { replace: { verdict: 'good' as const } } : true),
      // @ts-expect-error a replacement has the type of the output
      (result) => ({ replace: { verdict: `so ${result.verdict}` } }),
    ],
  });
});

test('with a schema and execute the output is what the schema yields; nothing returned is null', () => {
  const output = z.object({ mood: z.enum(['good', 'bad']), score: z.number().default(0) });
  const fits = new Task({ name: 'fits', output, execute: async () => ({ mood: 'good' }) });
  const says = new Task({ name: 'says', execute: () => {} });
  const maybe = new Task({ name: 'maybe', execute: ({ inputs }) => (inputs['topic'] === 'tea' ? 1 : undefined) });
  const parsed = new Task({ name: 'parsed', execute: (): unknown => JSON.parse('1') });
  new Task({
    name: 'x',
    context: [fits, says, maybe, parsed],
    execute: ({ context }) => {
      expectTypeOf(context.fits).toEqualTypeOf<{ mood: 'good' | 'bad'; score: number }>();
      expectTypeOf(context.says).toEqualTypeOf<null>();
      expectTypeOf(context.maybe).toEqualTypeOf<number | null>();
      expectTypeOf(context.parsed).toBeUnknown();
    },
  });
});

test('a callback may not read what is not in context, nor a field that is not there', () => {
  // @ts-expect-error `facts` is not in context
  new Task({ name: 'x', context: [notes], execute: ({ context }) => context.facts });
  // @ts-expect-error there is no field `cuont`
  new Task({ name: 'x', context: [facts], execute: ({ context }) => context.facts.cuont });
  // @ts-expect-error dependsOn is order only: no outputs
  new Task({ name: 'x', context: [notes], dependsOn: [facts], execute: ({ context }) => context.facts });
});

test('what execute and its steps return may have an interface for a type', () => {
  interface Tree {
    readonly value: number;
    readonly note?: string;
    readonly children: Tree[];
  }
  const tree: Tree = { value: 1, children: [] };
  const one = new Task({ name: 'one', execute: ({ step }) => step('read', async () => tree) });
  const many = new Task({
    name: 'many',
    execute: async ({ step }) => [tree, ...(await step('read', async () => [tree]))],
  });
  const some = new Task({ name: 'some', execute: (): readonly Tree[] | Tree | undefined => undefined });
  const mixed = new Task({ name: 'mixed', execute: ({ inputs, context }) => ({ ...inputs, tree, x: context['x'] }) });
  new Task({
    name: 'x',
    context: [one, many, some, mixed],
    execute: ({ context }) => {
      expectTypeOf(context.one).toEqualTypeOf<Tree>();
      expectTypeOf(context.many).toEqualTypeOf<Tree[]>();
      expectTypeOf(context.some).toEqualTypeOf<readonly Tree[] | Tree | null>();
      expectTypeOf(context.mixed.tree).toEqualTypeOf<Tree>();
    },
  });
});

test('execute and its steps may not return what JSON cannot hold', () => {
  // @ts-expect-error a date
  new Task({ name: 'x', execute: () => new Date() });
  // @ts-expect-error a map
  new Task({ name: 'x', execute: async () => new Map([['a', 1]]) });
  // @ts-expect-error a date inside
  new Task({ name: 'x', execute: ({ inputs }) => ({ inputs, list: [{ at: new Date() }] }) });
  // @ts-expect-error a function inside
  new Task({ name: 'x', context: [facts], execute: ({ context }) => ({ read: () => context.facts }) });
  // @ts-expect-error big numbers
  new Task({ name: 'x', execute: () => [1n] });
  // @ts-expect-error an instance of a class with methods
  new Task({ name: 'x', execute: () => new URL('https://example.com') });
  new Task({
    name: 'x',
    execute: async ({ step }) => {
      // @ts-expect-error a date inside
      await step('at', async () => ({ at: new Date() }));
      // @ts-expect-error nothing
      await step('nothing', async () => {});
    },
  });
});

test('with a schema, a field that execute returns with a type the schema never takes does not compile', () => {
  const output = z.object({ title: z.string(), mood: z.enum(['good', 'bad']), n: z.coerce.number().optional() });
  new Task({ name: 'x', output, execute: () => ({ title: 'tea', mood: 'good', n: '12' }) });
  new Task({
    name: 'x',
    output,
    execute: ({ inputs, context }) => ({ title: inputs['topic'], mood: context['mood'] }),
  });
  new Task({ name: 'x', output, execute: ({ inputs }) => inputs });
  new Task({ name: 'x', output, execute: (): unknown => JSON.parse('{}') });
  new Task({ name: 'x', output: z.tuple([z.string(), z.number()]), execute: () => ['tea', 1] });
  const either = z.discriminatedUnion('is', [
    z.object({ is: z.literal('text'), text: z.string() }),
    z.object({ is: z.literal('size'), size: z.number() }),
  ]);
  new Task({ name: 'x', output: either, execute: () => ({ is: 'size', size: 1 }) });
  // @ts-expect-error title is a string
  new Task({ name: 'x', output, execute: () => ({ title: 5, mood: 'good' }) });
  // @ts-expect-error title is a string
  new Task({ name: 'x', output, execute: async ({ taskName }) => ({ title: taskName.length, mood: 'good' }) });
  // @ts-expect-error strings
  new Task({ name: 'x', output: z.array(z.string()), execute: () => [1] });
  // @ts-expect-error numbers
  new Task({ name: 'x', output: z.record(z.string(), z.number()), execute: () => ({ a: 'b' }) });
});

test('an optional dependency reads as null when it has no output', () => {
  new Task({
    name: 'x',
    context: [optional(facts), optional('later')],
    execute: ({ context }) => {
      expectTypeOf(context.facts).toEqualTypeOf<{ count: number } | null>();
      expectTypeOf(context.later).toBeUnknown();
      // @ts-expect-error it may be null
      return context.facts.count;
    },
  });
});

test('a dependency given by name may be declared later; its output is unknown here', () => {
  new Task({
    name: 'x',
    context: ['later', facts],
    execute: ({ context }) => {
      expectTypeOf(context.later).toBeUnknown();
      return context.facts.count;
    },
  });
});

test('without context, a callback reads any earlier output as unknown', () => {
  new Task({ name: 'x', execute: ({ context }) => expectTypeOf(context['facts']).toBeUnknown() });
});

test('a list made in a loop reads as an index of outputs', () => {
  const parts = ['a', 'b'].map((name) => new Task({ name, ...words, agent: analyst }));
  new Task({
    name: 'join',
    context: parts,
    execute: ({ context }) => {
      expectTypeOf(context).toEqualTypeOf<{ readonly [name: string]: string }>();
      return Object.values(context).join('\n');
    },
  });
});

test('an option that does not exist, or has the wrong type, does not compile', () => {
  // @ts-expect-error misspelt
  new Task({ name: 'x', ...words, agent: analyst, contxt: [] });
  // @ts-expect-error an agent, not its name
  new Task({ name: 'x', ...words, agent: 'Research analyst' });
  // @ts-expect-error a task needs a name
  new Task({ ...words, agent: analyst });
  // @ts-expect-error when says yes or no
  new Task({ name: 'x', execute: () => 1, when: () => 'yes' });
  // @ts-expect-error tasks, names and optional(task)
  new Task({ name: 'x', execute: () => 1, context: [12] });
  // @ts-expect-error an agent needs a backstory
  new Agent({ role: 'r', goal: 'g' });
});

test('tasks and agents are frozen', () => {
  // @ts-expect-error read-only
  facts.name = 'facts';
  // @ts-expect-error read-only
  analyst.goal = 'another';
});

test('a tool is given what its schema yields', () => {
  tool({
    name: 'search',
    description: 'd',
    input: z.object({ query: z.string(), limit: z.number().default(3) }),
    execute: (input, { signal }) => {
      expectTypeOf(input).toEqualTypeOf<{ query: string; limit: number }>();
      expectTypeOf(signal).toEqualTypeOf<AbortSignal>();
      return [];
    },
  });
  // @ts-expect-error there is no field `q`
  tool({ name: 'search', description: 'd', input: z.object({ query: z.string() }), execute: ({ q }) => q });
});

test('a fallback is what the schema takes, else what the task yields', () => {
  const output = z.object({ items: z.array(z.string()), count: z.number().default(0) });
  new Task({ name: 'x', ...words, agent: analyst, output, onFailure: { fallback: { items: [] } } });
  new Task({ name: 'x', ...words, agent: analyst, onFailure: { fallback: 'nothing found' } });
  new Task({ name: 'x', execute: () => [1, 2], onFailure: { fallback: [] } });
  // @ts-expect-error items are texts
  new Task({ name: 'x', ...words, agent: analyst, output, onFailure: { fallback: { items: [1] } } });
  // @ts-expect-error the output of an agent without a schema is a text
  new Task({ name: 'x', ...words, agent: analyst, onFailure: { fallback: { items: [] } } });
  // @ts-expect-error execute returns a number
  new Task({ name: 'x', execute: () => 1, onFailure: { fallback: 'x' } });
  // @ts-expect-error there is no such policy
  new Task({ name: 'x', execute: () => 1, onFailure: 'ignore' });
  // @ts-expect-error attempts are needed
  new Task({ name: 'x', execute: () => 1, retry: { delayMs: 5 } });
});
