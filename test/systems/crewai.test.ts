import { Agent, Crew, Task, tool } from 'crewline';
import type { ServerRequest } from 'crewline/testing';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { agentOf, messagesOf, plain, serve } from '../serve.ts';

const texts = { goal: 'Do your part well.', backstory: 'You have done it for years.' } as const;

const answersIn = ({ messages }: ServerRequest): string[] =>
  messages.filter((message) => message.role === 'tool').map((message) => plain(message.content));

/** Researcher, writer and reviewer, who do what their last instructions say. */
function crewmates(request: ServerRequest) {
  const { messages, lastUser } = request;
  switch (agentOf(request)) {
    case 'Researcher':
      if (answersIn(request).length === 0) return { toolCalls: [{ name: 'search', arguments: { query: 'otters' } }] };
      return JSON.stringify({ findings: answersIn(request) });
    case 'Writer':
      return lastUser.includes('name the sea') ? 'Otters of the North Sea hold hands.' : 'Otters hold hands.';
    case 'Reviewer':
      return `approved: ${/<result task="write">\n(.*)\n/.exec(plain(messages[1]?.content ?? ''))?.[1]}`;
    default:
      return 'who am I?';
  }
}

test('researcher, writer and reviewer work one after another, each on what came before', async () => {
  const { server, model } = await serve(crewmates);
  const searched: string[] = [];
  const search = tool({
    name: 'search',
    description: 'Searches.',
    input: z.object({ query: z.string() }),
    execute: ({ query }) => {
      searched.push(query);
      return `${query} hold hands`;
    },
  });
  const researcher = new Agent({ role: 'Researcher', ...texts, model, tools: [search] });
  const writer = new Agent({ role: 'Writer', ...texts, model });
  const reviewer = new Agent({ role: 'Reviewer', ...texts, model });
  const research = new Task({
    name: 'research',
    description: 'Research {{topic}}.',
    expectedOutput: 'Findings.',
    agent: researcher,
    output: z.object({ findings: z.array(z.string()) }),
  });
  const write = new Task({
    name: 'write',
    description: 'Write about {{topic}}: {{tasks.research.output.findings}}',
    expectedOutput: 'A paragraph.',
    agent: writer,
    context: [research],
    guardrails: [
      (text, { context }) =>
        (text.includes('North Sea') && context.research.findings.length === 1) || { reject: 'name the sea' },
    ],
  });
  const review = new Task({
    name: 'review',
    description: 'Review it.',
    expectedOutput: 'A verdict.',
    agent: reviewer,
    context: [write],
  });
  const crew = new Crew({
    name: 'report',
    agents: [researcher, writer, reviewer],
    tasks: [research, write, review],
    process: 'sequential',
  });
  const result = await crew.kickoff({ inputs: { topic: 'otters' } });
  expect(result.raw).toBe('approved: Otters of the North Sea hold hands.');
  expect(result.tasks.research.output.findings).toEqual(['otters hold hands']);
  expect(searched).toEqual(['otters']);
  expect(
    server.requests.map((_, index) => agentOf({ messages: Object(server.requests[index]?.body).messages })),
  ).toEqual(['Researcher', 'Researcher', 'Writer', 'Writer', 'Reviewer']);
  expect(server.peakConcurrency).toBe(1);
  expect(messagesOf(server, 2)[1]?.content).toContain('Write about otters: ["otters hold hands"]');
  expect(messagesOf(server, 4)[1]?.content).not.toContain('<result task="research">');
  expect(result.usage.byAgent).toMatchObject({
    Researcher: { modelCalls: 2 },
    Writer: { modelCalls: 2 },
    Reviewer: { modelCalls: 1 },
  });
});

test('a hierarchical crew manages the same people, again and again, and says who did what', async () => {
  const { server, model } = await serve((request) => {
    if (agentOf(request) !== 'Manager of the crew') return crewmates(request);
    const answers = answersIn(request);
    const next = [
      { coworker: 'Researcher', task: 'Find facts.', context: '' },
      { coworker: 'Writer', task: 'Write a paragraph and name the sea.', context: `${answers[0]}` },
    ][answers.length];
    return next === undefined
      ? `${answers.at(-1)}`
      : { toolCalls: [{ name: 'delegate_work_to_coworker', arguments: next }] };
  });
  const search = tool({
    name: 'search',
    description: 'Searches.',
    input: z.object({ query: z.string() }),
    execute: ({ query }) => `${query} hold hands`,
  });
  const researcher = new Agent({ role: 'Researcher', ...texts, tools: [search] });
  const writer = new Agent({ role: 'Writer', ...texts });
  const report = new Task({ name: 'report', description: 'Report on {{topic}}.', expectedOutput: 'A paragraph.' });
  const crew = new Crew({
    name: 'managed',
    agents: [researcher, writer],
    tasks: [report],
    process: 'hierarchical',
    model,
  });
  for (let kickoff = 1; kickoff <= 3; kickoff += 1) {
    const result = await crew.kickoff({ inputs: { topic: 'otters' } });
    expect(result.raw).toBe('Otters of the North Sea hold hands.');
    expect(result.tasks.report.children.map(({ agent, raw }) => [agent, raw])).toEqual([
      ['Researcher', '{"findings":["otters hold hands"]}'],
      ['Writer', 'Otters of the North Sea hold hands.'],
    ]);
    expect(result.usage).toMatchObject({
      modelCalls: 6,
      byAgent: { Manager: { modelCalls: 3 }, Researcher: { modelCalls: 2 }, Writer: { modelCalls: 1 } },
    });
    expect(server.requests).toHaveLength(6 * kickoff);
  }
  expect(messagesOf(server, 4)[1]?.content).toContain('\n{"findings":["otters hold hands"]}');
});
