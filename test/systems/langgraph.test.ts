import { Crew, optional, Task } from 'crewline';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { agent, bySubject, messagesOf } from '../serve.ts';
import { pass, timed } from './timed.ts';

const asked = { expectedOutput: 'A line.' } as const;

test('two nodes run side by side and a summary joins them, once, when both are there', async () => {
  const met = bySubject({
    research: { text: 'three sources', delayMs: 4_000 },
    analysis: { text: 'rising trend', delayMs: 6_000 },
    summary: { text: 'sources say it rises', delayMs: 1_000 },
  });
  const time = await timed(met.respond);
  const { engine, server, model } = time;
  const worker = agent('Worker', { model });
  const research = new Task({ name: 'research', description: 'research', ...asked, agent: worker });
  const analysis = new Task({ name: 'analysis', description: 'analysis', ...asked, agent: worker });
  const summary = new Task({
    name: 'summary',
    description: 'summary',
    ...asked,
    agent: worker,
    context: [research, analysis],
  });
  const crew = new Crew({
    name: 'graph',
    agents: [worker],
    tasks: [research, analysis, summary],
    process: 'parallel',
    engine,
  });
  const result = await pass(time, crew.start());
  expect(result.durationMs).toBe(7_000);
  expect(met.order).toEqual(['research', 'analysis', 'summary']);
  expect(server.requests.map(({ at }) => at)).toEqual([0, 0, 6_000]);
  const prompt = messagesOf(server, 2)[1]?.content;
  expect(prompt).toContain('<result task="research">\nthree sources\n</result>');
  expect(prompt).toContain('<result task="analysis">\nrising trend\n</result>');
  expect(result.output).toBe('sources say it rises');
});

test('there are no supersteps: a branch of many short steps never waits for a slow sibling', async () => {
  const met = bySubject({
    slow: { text: 'slow', delayMs: 9_000 },
    step1: { text: 'one', delayMs: 1_000 },
    step2: { text: 'two', delayMs: 1_000 },
    step3: { text: 'three', delayMs: 1_000 },
  });
  const time = await timed(met.respond);
  const { engine, server, model } = time;
  const worker = agent('Worker', { model });
  const step = (name: string, context: readonly string[]) =>
    new Task({ name, description: name, ...asked, agent: worker, context });
  const crew = new Crew({
    name: 'graph',
    agents: [worker],
    tasks: [step('slow', []), step('step1', []), step('step2', ['step1']), step('step3', ['step2'])],
    process: 'parallel',
    engine,
  });
  const result = await pass(time, crew.start());
  expect(server.requests.map(({ at }) => at)).toEqual([0, 0, 1_000, 2_000]);
  expect(result.durationMs).toBe(9_000);
});

test('code nodes beside agent nodes carry typed state, and a condition chooses the branch', async () => {
  const met = bySubject({ score: '{"score": 3}', careful: 'we were careful', bold: 'we were bold' });
  const time = await timed(met.respond);
  const { engine, model } = time;
  const worker = agent('Worker', { model });
  let merged = 0;
  const load = new Task({ name: 'load', execute: ({ inputs }) => ({ topic: `${inputs['topic']}`, limit: 5 }) });
  const score = new Task({
    name: 'score',
    description: 'score',
    ...asked,
    agent: worker,
    context: [load],
    output: z.object({ score: z.number() }),
  });
  const careful = new Task({
    name: 'careful',
    description: 'careful',
    ...asked,
    agent: worker,
    context: [load, score],
    when: ({ context }) => context.score.score < context.load.limit,
  });
  const bold = new Task({
    name: 'bold',
    description: 'bold',
    ...asked,
    agent: worker,
    context: [load, score],
    when: ({ context }) => context.score.score >= context.load.limit,
  });
  const merge = new Task({
    name: 'merge',
    context: [load, optional(careful), optional(bold)],
    execute: ({ context }) => {
      merged += 1;
      return { topic: context.load.topic, text: context.careful ?? context.bold };
    },
  });
  const crew = new Crew({
    name: 'graph',
    agents: [worker],
    tasks: [load, score, careful, bold, merge],
    process: 'parallel',
    engine,
  });
  const result = await pass(time, crew.start({ inputs: { topic: 'otters' } }));
  expect(result.output).toEqual({ topic: 'otters', text: 'we were careful' });
  expect(met.order).toEqual(['score', 'careful']);
  expect(result.tasks.bold.status).toBe('skipped');
  expect(merged).toBe(1);
});
