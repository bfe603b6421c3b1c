import { Agent, Crew, type CrewResult, optional, type Run, Task } from 'crewline';
import { expectTypeOf, test } from 'vitest';
import { z } from 'zod';

const words = { description: 'd', expectedOutput: 'e' } as const;
const analyst = new Agent({ role: 'Research analyst', goal: 'g', backstory: 'b' });
const bob = new Agent({ role: 'Writer', name: 'bob', goal: 'g', backstory: 'b' });
const facts = new Task({ name: 'facts', ...words, agent: analyst, output: z.object({ count: z.number() }) });
const text = new Task({ name: 'text', ...words, agent: bob, context: [facts] });
const length = new Task({ name: 'length', context: [text], execute: async ({ context }) => context.text.length });
const agents = [analyst, bob] as const;
const crew = new Crew({ name: 'c', agents: [analyst, bob], tasks: [facts, text, length] });

test('a result is typed from the tasks: by schema, else text, else what execute returns', async () => {
  const result = await crew.kickoff();
  expectTypeOf(result.tasks.facts.output).toEqualTypeOf<{ count: number }>();
  expectTypeOf(result.tasks.text.output).toEqualTypeOf<string>();
  expectTypeOf(result.tasks.length.output).toEqualTypeOf<number>();
  expectTypeOf(result.output).toEqualTypeOf<number>();
  expectTypeOf(result.tasks.text.name).toEqualTypeOf<'text'>();
  expectTypeOf(result.status).toEqualTypeOf<'done'>();
  expectTypeOf(crew.start().result).resolves.toEqualTypeOf<typeof result>();
});

test('a wrong task name or field of a result does not compile', async () => {
  const result = await crew.kickoff();
  // @ts-expect-error there is no task `fact`
  result.tasks.fact;
  // @ts-expect-error there is no field `cuont`
  result.tasks.facts.output.cuont;
  // @ts-expect-error there is no task `fact`
  crew.renderPrompt('fact');
});

test('a context or dependsOn that names no task of the crew does not compile', () => {
  const misspelt = new Task({ name: 'review', ...words, agent: bob, context: ['txet'] });
  // @ts-expect-error This crew has no task "txet"
  new Crew({ name: 'c', agents, tasks: [facts, text, misspelt] });
  const after = new Task({ name: 'review', ...words, agent: bob, dependsOn: [optional('txet')] });
  // @ts-expect-error This crew has no task "txet"
  new Crew({ name: 'c', agents, tasks: [facts, text, after] });
  // @ts-expect-error This crew has no task "facts"
  new Crew({ name: 'c', agents, tasks: [text] });
});

test('an agent that the crew lacks does not compile', () => {
  // @ts-expect-error This crew has no agent "bob"
  new Crew({ name: 'c', agents: [analyst], tasks: [facts, text] });
  // @ts-expect-error This crew has no agent "Research analyst"
  new Crew({ name: 'c', tasks: [facts] });
  new Crew({ name: 'c', tasks: [new Task({ name: 'code', execute: () => 1 })] });
});

test('a task may name one that is declared after it', async () => {
  const early = new Task({ name: 'early', ...words, agent: bob, context: ['late'] });
  const late = new Task({ name: 'late', execute: () => 1 });
  const result = await new Crew({ name: 'c', agents, process: 'parallel', tasks: [early, late] }).kickoff();
  expectTypeOf(result.tasks.early.output).toEqualTypeOf<string>();
  expectTypeOf(result.output).toEqualTypeOf<number>();
});

test('with `when` an output may be null, and so may those of tasks that require it, near and far', async () => {
  const maybe = new Task({
    name: 'maybe',
    context: [facts],
    execute: () => 1,
    when: ({ context }) => context.facts.count > 1,
  });
  const near = new Task({ name: 'near', context: [maybe], execute: () => 'x' });
  const far = new Task({ name: 'far', dependsOn: [near], execute: () => true });
  const despite = new Task({ name: 'despite', context: [optional(maybe), optional(far)], execute: () => 'x' });
  const result = await new Crew({ name: 'c', agents, tasks: [facts, maybe, near, far, despite] }).kickoff();
  expectTypeOf(result.tasks.maybe.output).toEqualTypeOf<number | null>();
  expectTypeOf(result.tasks.near.output).toEqualTypeOf<string | null>();
  expectTypeOf(result.tasks.far.output).toEqualTypeOf<boolean | null>();
  expectTypeOf(result.tasks.despite.output).toEqualTypeOf<string>();
  expectTypeOf(result.tasks.facts.output).toEqualTypeOf<{ count: number }>();
});

test('with settle: true every output may be null, and the status says how it went', async () => {
  const result = await crew.kickoff({ settle: true });
  expectTypeOf(result.tasks.facts.output).toEqualTypeOf<{ count: number } | null>();
  expectTypeOf(result.output).toEqualTypeOf<number | null>();
  expectTypeOf(result.status).toEqualTypeOf<'done' | 'partial' | 'failed' | 'cancelled' | 'paused'>();
  const depends = await crew.kickoff({ settle: Math.random() > 0.5 });
  expectTypeOf(depends.output).toEqualTypeOf<number | null>();
});

test("inputs have the types of the crew's schema, and are required when it requires any", async () => {
  const inputs = z.object({ topic: z.string(), depth: z.number().default(2) });
  const asks = new Crew({
    name: 'c',
    agents,
    tasks: [facts],
    inputs,
    beforeKickoff: (given) => {
      expectTypeOf(given.topic).toEqualTypeOf<string>();
      return given;
    },
    afterKickoff: (result) => {
      expectTypeOf(result.output).toEqualTypeOf<{ count: number }>();
      return result;
    },
  });
  const result = await asks.kickoff({ inputs: { topic: 'tea' } });
  expectTypeOf(result.inputs).toEqualTypeOf<{ topic: string; depth: number }>();
  expectTypeOf(await asks.kickoffForEach([{ topic: 'tea' }, { topic: 'rain', depth: 1 }])).toBeArray();
  // @ts-expect-error topic is a string
  void asks.kickoff({ inputs: { topic: 12 } });
  // @ts-expect-error there is no input `topics`
  void asks.start({ inputs: { topic: 'tea', topics: [] } });
  // @ts-expect-error inputs are required
  void asks.kickoff();
  // @ts-expect-error inputs are required
  void asks.kickoff({ settle: true });
  // @ts-expect-error topic is missing
  void asks.kickoffForEach([{ depth: 1 }]);
  void crew.kickoff({ inputs: { anything: ['goes', 1] } });
});

test('tasks made in a loop give an index of outputs; tasks next to them keep their names', async () => {
  const parts = ['a', 'b'].map((name) => new Task({ name, ...words, agent: analyst, context: [facts] }));
  const all = await new Crew({ name: 'c', agents, tasks: parts }).kickoff();
  expectTypeOf(all.tasks['a']).toEqualTypeOf<(typeof all.tasks)[string] | undefined>();
  expectTypeOf(all.tasks['a']?.output).toEqualTypeOf<string | undefined>();
  const join = new Task({ name: 'join', context: parts, execute: ({ context }) => Object.keys(context).length });
  const mixed = await new Crew({ name: 'c', agents, tasks: [facts, ...parts, join] }).kickoff();
  expectTypeOf(mixed.output).toEqualTypeOf<number>();
  expectTypeOf(mixed.tasks.join.output).toEqualTypeOf<number>();
  const forgotten: Task[] = [facts, ...parts];
  const some = await new Crew({ name: 'c', agents: [analyst, bob] satisfies Agent[], tasks: forgotten }).kickoff();
  expectTypeOf(some.output).toBeUnknown();
});

test('agents made in a loop are checked when the crew is built, not by the compiler', () => {
  const many = ['x', 'y'].map((role) => new Agent({ role, goal: 'g', backstory: 'b' }));
  new Crew({ name: 'c', agents: many, tasks: [facts] });
});

test('any crew fits where a crew is expected', () => {
  const name = (some: Crew) => some.name;
  expectTypeOf(name(crew)).toBeString();
});

test('a crew fits whatever its inputs: all left out, some, or none', async () => {
  const some = new Crew({ name: 'c', agents, tasks: [facts], inputs: z.object({ a: z.string().optional() }) });
  const given = new Crew({ name: 'c', agents, tasks: [facts], inputs: z.object({ a: z.string(), n: z.number() }) });
  const crews: Crew[] = [crew, some, given];
  const run = (any: Crew) => any.kickoff({ inputs: { a: 'tea' } });
  expectTypeOf(run(given)).resolves.toMatchTypeOf<CrewResult>();
  expectTypeOf((await run(some)).output).toBeUnknown();
  expectTypeOf(crews[0]?.plan()).not.toBeAny();
});

test('any result fits where a result is expected, with `when` and with settle', async () => {
  const maybe = new Task({ name: 'maybe', execute: () => 1, when: () => true });
  const asks = new Crew({ name: 'c', tasks: [maybe], inputs: z.object({ a: z.string().optional() }) });
  const results: CrewResult[] = [
    await asks.kickoff(),
    await asks.kickoff({ settle: true }),
    await crew.kickoff(),
    await crew.kickoff({ settle: true }),
  ];
  expectTypeOf(results[0]?.output).toBeUnknown();
});

test('inputs of a crew without a schema may have an interface for a type', () => {
  interface Order {
    readonly id: number;
    readonly parts?: readonly Order[];
  }
  const inputs: Order = { id: 1, parts: [{ id: 2 }] };
  void crew.kickoff({ inputs });
  void crew.start({ inputs });
  expectTypeOf(crew.kickoffForEach([inputs])).resolves.toBeArray();
  crew.plan(inputs);
  crew.renderPrompt('text', { inputs });
  // @ts-expect-error not a list
  crew.plan([inputs]);
  // @ts-expect-error not a date
  crew.plan(new Date());
  // @ts-expect-error not a function
  crew.plan(() => inputs);
  // @ts-expect-error not a text
  crew.plan('tea');
});

test('a task written inside the list is typed like one written before it', async () => {
  const crew = new Crew({
    name: 'inline',
    agents: [analyst],
    tasks: [
      new Task({ name: 'text', description: 'd', expectedOutput: 'e', agent: analyst }),
      new Task({ name: 'count', execute: () => 12, context: ['text'] }),
      new Task({ name: 'maybe', description: 'd', expectedOutput: 'e', agent: analyst, when: () => true }),
    ],
  });
  const { tasks } = await crew.kickoff();
  expectTypeOf(tasks.text.output).toEqualTypeOf<string>();
  expectTypeOf(tasks.count.output).toEqualTypeOf<number>();
  expectTypeOf(tasks.maybe.output).toEqualTypeOf<string | null>();
  // @ts-expect-error a name that no task has
  tasks.texts;
});

test('with skipDependents anywhere every output may be null, and a kickoff may end partial', async () => {
  const soft = new Task({ name: 'soft', execute: () => 1, onFailure: 'skipDependents' });
  const result = await new Crew({ name: 'c', agents, tasks: [facts, text, soft] }).kickoff();
  expectTypeOf(result.status).toEqualTypeOf<'done' | 'partial'>();
  expectTypeOf(result.tasks.facts.output).toEqualTypeOf<{ count: number } | null>();
  expectTypeOf(result.tasks.text.output).toEqualTypeOf<string | null>();
  expectTypeOf(result.output).toEqualTypeOf<number | null>();
});

test('other policies change no type', async () => {
  const firm = new Task({ name: 'firm', execute: () => 1, onFailure: 'failRun', retry: { attempts: 2 } });
  const mild = new Task({ name: 'mild', execute: () => 'x', onFailure: { fallback: 'y' } });
  const result = await new Crew({ name: 'c', process: 'parallel', failFast: true, tasks: [firm, mild] }).kickoff();
  expectTypeOf(result.status).toEqualTypeOf<'done'>();
  expectTypeOf(result.tasks.firm.output).toEqualTypeOf<number>();
  expectTypeOf(result.tasks.mild.output).toEqualTypeOf<string>();
});

test('run.answer knows the tasks, and that an edit is what its task yields', () => {
  const crew = new Crew({ name: 'c', agents, tasks: [facts, text] });
  const run = crew.start();
  run.answer('facts', { edit: { count: 3 } });
  run.answer('text', { edit: 'better' });
  run.answer('text', { sendBack: 'why' });
  run.answer('facts/review.1', { approve: true });
  crew.answer('run_1', 'facts', { edit: { count: 3 } });
  // @ts-expect-error not what the task yields
  run.answer('facts', { edit: 'three' });
  // @ts-expect-error a name that no task has
  run.answer('fact', { approve: true });
  // @ts-expect-error a no is said with a reason
  run.answer('facts', { approve: false });
  // @ts-expect-error not what the task yields
  crew.answer('run_1', 'text', { edit: 3 });
  const any: Run = run;
  void any.answer('whatever', { approve: true });
  run.on('review.requested', ({ callId }) => run.answer(callId, { approve: true }));
  // @ts-expect-error no answer
  crew.kickoff({ review: () => 'yes' });
  crew.kickoff({ review: ({ output }) => ({ edit: output }) });
});
