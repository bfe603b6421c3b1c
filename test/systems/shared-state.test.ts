import { Crew, type JsonObject, Task } from 'crewline';
import { modelServer, type Reply, type ServerRequest } from 'crewline/testing';
import { memoryStore, sharedState } from 'crewline/tools';
import { expect, onTestFinished, test } from 'vitest';
import { openai } from '../../src/models/openai.ts';
import { agent } from '../serve.ts';

const asked = { expectedOutput: 'A line.' } as const;
const WRITERS = 12;

/** What the tools have answered so far in this conversation, the last one last. */
function answers({ messages }: ServerRequest): readonly JsonObject[] {
  return messages.flatMap(({ role, content }) => {
    const [, json = ''] = /(\{.*\})/s.exec(role === 'tool' ? String(content) : '') ?? [];
    return json === '' ? [] : [JSON.parse(json) as JsonObject];
  });
}

/** Adds a line of its own to what others write as well, the way a model would: reads, writes, and writes again when it came too late. */
function addLine(request: ServerRequest): Reply {
  const [, name = ''] = /Add (\w+)/.exec(JSON.stringify(request.messages)) ?? [];
  const last = answers(request).at(-1);
  if (last === undefined) return { toolCalls: [{ name: 'shared_read', arguments: { key: 'facts' } }] };
  if (last['written'] === true) return { text: `${name} is in version ${last['version']}` };
  const value = [String(last['value'] ?? ''), name].filter(Boolean).join(',');
  return {
    toolCalls: [{ name: 'shared_write', arguments: { key: 'facts', value, version: Number(last['version']) } }],
  };
}

test('agents that update the same state side by side lose no update, and who came second is told who was first', async () => {
  const server = await modelServer({ respond: addLine });
  onTestFinished(() => server.close());
  const model = openai({ baseURL: server.url, apiKey: 'test', model: 'm' });
  const store = memoryStore();
  const names = Array.from({ length: WRITERS }, (_, index) => `fact${index}`);
  const writer = agent('Writer', { model, tools: sharedState({ store }), maxTurns: 4 * WRITERS });
  const tasks = names.map((name) => new Task({ name, description: `Add ${name}`, ...asked, agent: writer }));
  const crew = new Crew({ name: 'base', agents: [writer], tasks, process: 'parallel' });
  const refused: string[] = [];
  const run = crew.start();
  run.on('tool.end', ({ result }) => {
    const [, winner] = /Task \\?"(\w+)\\?" wrote version \d+ first/.exec(String(result)) ?? [];
    if (winner !== undefined) refused.push(winner);
  });
  const { tasks: done } = await run.result;
  const facts = await store.read('facts');
  expect(facts?.version).toBe(WRITERS);
  expect(facts?.value.split(',').sort()).toEqual([...names].sort());
  // Each was told the version that its own line came with.
  const versions = names.map((name) => Number(/version (\d+)$/.exec(String(done[name]?.output))?.[1]));
  expect(versions.sort((a, b) => a - b)).toEqual(names.map((_, index) => index + 1));
  // All read at once, so all but the first came second at least once.
  expect(refused.length).toBeGreaterThanOrEqual(WRITERS - 1);
  for (const winner of refused) expect(names).toContain(winner);
});

test('what a run itself knows is written by the run alone: nobody reads half of an output, and nobody changes one', async () => {
  const server = await modelServer({ respond: 'A base.' });
  onTestFinished(() => server.close());
  const model = openai({ baseURL: server.url, apiKey: 'test', model: 'm' });
  const keeper = agent('Keeper', { model });
  const base = new Task({ name: 'base', execute: () => ({ facts: ['one'] }) });
  const said = new Task({ name: 'said', description: 'Say', ...asked, agent: keeper });
  const tries = ['left', 'right'].map(
    (name) =>
      new Task({
        name,
        context: [base, said],
        execute: ({ context }) => {
          expect(() => Object(context.base.facts).push(name)).toThrow(TypeError);
          return context.base.facts.length;
        },
      }),
  );
  const crew = new Crew({ name: 'own', agents: [keeper], tasks: [base, said, ...tries], process: 'parallel' });
  const result = await crew.kickoff();
  expect(result.tasks.base.output).toEqual({ facts: ['one'] });
  expect([result.tasks['left']?.output, result.tasks['right']?.output]).toEqual([1, 1]);
});
