import { Crew, type CrewEvent, type EventType, type Run, Task, tool } from 'crewline';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { agent, bySubject, meeting, serve } from '../serve.ts';

const asked = { expectedOutput: 'One line.' } as const;

async function eventsOf(run: Run): Promise<CrewEvent[]> {
  const events: CrewEvent[] = [];
  for await (const event of run) events.push(event);
  return events;
}

/** A run that does everything a run can tell of: tools, delegation, guardrails, skipping, code. */
async function rich() {
  const met = bySubject({
    lead: ({ messages }) =>
      messages.some((message) => message.role === 'tool')
        ? 'led'
        : {
            toolCalls: [
              { name: 'look', arguments: {} },
              { name: 'lose', arguments: {} },
              { name: 'ask_question_to_coworker', arguments: { question: 'why', context: '', coworker: 'Helper' } },
            ],
          },
    why: 'because',
  });
  const { model, server } = await serve(met.respond);
  const look = tool({ name: 'look', description: 'Looks.', input: z.object({}), execute: () => 'seen' });
  const lead = agent('Lead', { model, tools: [look], allowDelegation: true });
  const helper = agent('Helper', { model });
  const first = new Task({ name: 'first', description: 'lead', ...asked, agent: lead, guardrails: [() => true] });
  const never = new Task({ name: 'never', execute: () => 1, when: () => false });
  const code = new Task({ name: 'code', context: [first], execute: ({ context }) => context.first.length });
  const crew = new Crew({ name: 'rich', agents: [lead, helper], tasks: [first, never, code], process: 'parallel' });
  return { crew, server };
}

test('a run tells all that happens, in order, each event with where and when', async () => {
  const { crew } = await rich();
  const run = crew.start({ inputs: { topic: 'otters' } });
  const events = await eventsOf(run);
  expect(events.map((event) => event.seq)).toEqual(events.map((_, index) => index + 1));
  expect(events.every((event) => event.runId === run.runId && event.time > 1.6e12)).toBe(true);
  const of = (name: string) =>
    events
      .filter((event) => 'taskName' in event && event.taskName === name && event.type !== 'model.delta')
      .map((event) => event.type);
  expect(events[0]).toMatchObject({
    type: 'run.start',
    crew: 'rich',
    process: 'parallel',
    inputs: { topic: 'otters' },
    tasks: 3,
  });
  expect(of('never')).toEqual(['task.ready', 'task.skipped']);
  expect(of('code')).toEqual(['task.ready', 'task.start', 'task.end']);
  const first = of('first');
  expect(first.slice(0, 4)).toEqual(['task.ready', 'task.start', 'model.start', 'model.end']);
  expect(first.slice(-4)).toEqual(['model.start', 'model.end', 'guardrail.end', 'task.end']);
  expect(first.toSorted()).toEqual(
    [
      'task.ready',
      'task.start',
      ...['model.start', 'model.end', 'model.start', 'model.end', 'model.start', 'model.end'],
      ...['tool.start', 'tool.end', 'tool.start', 'tool.end'],
      ...['delegation.start', 'delegation.end', 'guardrail.end', 'task.end'],
    ].toSorted(),
  );
  expect(events.at(-1)).toMatchObject({ type: 'run.end', status: 'done', usage: { modelCalls: 3 } });
});

test('each start has exactly one end with the same call id, and says which agent is at work', async () => {
  const { crew } = await rich();
  const events = await eventsOf(crew.start());
  for (const kind of ['model', 'tool', 'delegation'] as const) {
    const ids = (suffix: 'start' | 'end') =>
      events.flatMap((event) => (event.type === `${kind}.${suffix}` && 'callId' in event ? [event.callId] : []));
    expect(ids('start').length).toBeGreaterThan(0);
    expect(ids('end').toSorted()).toEqual(ids('start').toSorted());
    expect(new Set(ids('start')).size).toBe(ids('start').length);
  }
  const helpers = events.filter((event) => event.type === 'model.end').map((event) => [event.taskName, event.agent]);
  expect(helpers).toEqual([
    ['first', 'Lead'],
    ['first', 'Helper'],
    ['first', 'Lead'],
  ]);
  const tools = events.filter((event) => event.type === 'tool.end');
  expect(tools.find((event) => event.tool === 'look')).toMatchObject({ result: 'seen', agent: 'Lead', turn: 1 });
  expect(tools.find((event) => event.tool === 'lose')?.error).toMatchObject({ code: 'TOOL_FAILED' });
});

test('deltas name their task while two tasks stream at once, and add up to their answers', async () => {
  const met = meeting();
  const { server, model } = await serve(async ({ lastUser }) => {
    const name = lastUser.includes('left') ? 'left' : 'right';
    met.arrive(name);
    await met.arrived('left', 'right');
    return { text: `${name} ${name} ${name} ${name}`, chunks: 4, delayBetweenMs: 10 };
  });
  const worker = agent('Worker', { model });
  const left = new Task({ name: 'left', description: 'left', ...asked, agent: worker });
  const right = new Task({ name: 'right', description: 'right', ...asked, agent: worker });
  const run = new Crew({ name: 'streams', agents: [worker], tasks: [left, right], process: 'parallel' }).start();
  const order: string[] = [];
  const texts = { left: '', right: '' };
  run.on('model.delta', ({ taskName, text, agent: name, turn }) => {
    expect([name, turn]).toEqual(['Worker', 1]);
    order.push(taskName);
    if (taskName === 'left' || taskName === 'right') texts[taskName] += text;
  });
  const result = await run.result;
  expect(texts).toEqual({ left: result.tasks.left.raw, right: result.tasks.right.raw });
  expect(order).toHaveLength(8);
  // Interleaved: neither waited for the other's end.
  expect(order.lastIndexOf('left')).toBeGreaterThan(order.indexOf('right'));
  expect(order.lastIndexOf('right')).toBeGreaterThan(order.indexOf('left'));
  for (const { body } of server.requests) expect(Object(body).stream).toBe(true);
});

test('nobody who listens to text: the answer comes as a whole, and is the same', async () => {
  const { server, model } = await serve('the same answer');
  const worker = agent('Worker', { model });
  const only = new Task({ name: 'only', description: 'Go.', ...asked, agent: worker });
  const crew = new Crew({ name: 'quiet', agents: [worker], tasks: [only] });
  const run = crew.start();
  const ends: EventType[] = [];
  run.on('model.end', (event) => ends.push(event.type));
  const quiet = await run.result;
  const loud = crew.start();
  await eventsOf(loud);
  expect(ends).toEqual(['model.end']);
  expect(server.requests.map(({ body }) => Object(body).stream)).toEqual([false, true]);
  expect((await loud.result).raw).toBe(quiet.raw);
  expect((await loud.result).usage).toEqual(quiet.usage);
});

test('a tool call that is streamed in pieces is one call', async () => {
  const { model } = await serve(({ messages }) =>
    messages.length > 2
      ? 'done'
      : { text: 'Let me see.', toolCalls: [{ name: 'look', arguments: { place: 'here' } }], chunks: 9 },
  );
  const seen: unknown[] = [];
  const look = tool({
    name: 'look',
    description: 'Looks.',
    input: z.object({ place: z.string() }),
    execute: (input) => {
      seen.push(input);
    },
  });
  const worker = agent('Worker', { model, tools: [look] });
  const only = new Task({ name: 'only', description: 'Go.', ...asked, agent: worker });
  const events = await eventsOf(new Crew({ name: 'pieces', agents: [worker], tasks: [only] }).start());
  expect(seen).toEqual([{ place: 'here' }]);
  expect(events.filter((event) => event.type === 'tool.start')).toHaveLength(1);
});

test('nothing is told before the microtask after start, so a listener added at once hears everything', async () => {
  const run = new Crew({ name: 'early', tasks: [new Task({ name: 'only', execute: () => 1 })] }).start();
  const heard: EventType[] = [];
  run.on('run.start', (event) => heard.push(event.type));
  expect(heard).toEqual([]);
  await run.result;
  expect(heard).toEqual(['run.start']);
});

test('iterating after the end still ends, with run.end', async () => {
  const run = new Crew({ name: 'late', tasks: [new Task({ name: 'only', execute: () => 1 })] }).start();
  await run.result;
  expect(await eventsOf(run)).toMatchObject([{ type: 'run.end', status: 'done' }]);
  expect(await eventsOf(run)).toMatchObject([{ type: 'run.end', status: 'done' }]);
});

test('a run refused before it starts tells run.end, and iterating does not throw', async () => {
  const run = new Crew({
    name: 'refused',
    inputs: z.object({ topic: z.string() }),
    tasks: [new Task({ name: 'only', execute: () => 1 })],
  }).start({ inputs: Object({ topic: 3 }) });
  const events = await eventsOf(run);
  expect(events).toMatchObject([{ type: 'run.end', status: 'failed', error: { code: 'INPUT_INVALID' } }]);
});

test('two who iterate hear the same, and one who stops early takes nothing from the other', async () => {
  const { crew } = await rich();
  const run = crew.start();
  const [all, some] = await Promise.all([
    eventsOf(run),
    (async () => {
      const events: CrewEvent[] = [];
      for await (const event of run) if (events.push(event) === 3) break;
      return events;
    })(),
  ]);
  expect(some).toEqual(all.slice(0, 3));
  expect(all.at(-1)?.type).toBe('run.end');
});
