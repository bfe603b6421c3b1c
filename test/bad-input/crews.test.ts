import { type Agent, Crew, optional, Task, tool } from 'crewline';
import { beforeEach, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { agent, serve } from '../serve.ts';
import { type Idle, made, refused } from './refused.ts';

let idle: Idle;
let worker: Agent;
beforeEach(async () => {
  idle = await serve();
  worker = agent('Worker', { model: idle.model });
});

function task(name: string, options: object = {}): unknown {
  return made(Task, { name, description: 'd', expectedOutput: 'e', agent: worker, ...options });
}

/** What the constructor says about a crew of these tasks. */
function saysAbout(tasks: readonly unknown[], options: object = {}): Promise<string> {
  return refused(
    () => made(Crew, { name: 'newsroom', agents: [worker], tasks, process: 'parallel', ...options }),
    idle,
  );
}

test('a template that reads a task which may be skipped, without the types knowing it', async () => {
  const maybe = task('maybe', { when: () => false });
  const end = task('end', { context: [], description: 'Use {{tasks.maybe.output}}.' });
  expect(await saysAbout([maybe, end])).toBe(
    'PATH_OPTIONAL task "end": description: {{tasks.maybe.output}}: task "maybe" may be skipped, and this task with it, which its type cannot see in a template. Put "maybe" into context or dependsOn as well, or optional("maybe") with {{#if tasks.maybe.output}} around what reads it.',
  );
});

test('two tasks that write the same file', async () => {
  const tasks = [task('draft', { outputFile: 'out/a.md' }), task('final', { outputFile: './out/a.md' })];
  expect(await saysAbout(tasks)).toBe(
    'OPTION_INVALID task "final": outputFile: task "draft" writes out/a.md too, and the last would overwrite the first; give one of them another file.',
  );
});

test('a cycle: the error walks along it, and says which option makes each wait', async () => {
  const write = task('write', { description: 'Use {{tasks.review.raw}}.' });
  const check = task('check', { dependsOn: ['write'] });
  const review = task('review', { context: ['check'] });
  expect(await saysAbout([write, check, review])).toBe(
    'GRAPH_CYCLE crew "newsroom": these tasks wait for each other: write → review → check → write (write has review in its templates; review has check in its context; check has write in its dependsOn). One of them must stop waiting.',
  );
});

test('a task that waits for itself', async () => {
  expect(await saysAbout([task('write', { context: ['write'] })])).toBe(
    'GRAPH_CYCLE task "write": it waits for itself: write → write (write has write in its context).',
  );
});

test('unknown names in context, dependsOn and templates, all in one error', async () => {
  const write = task('write', {
    context: ['reserch', optional('reviw')],
    dependsOn: ['nobody'],
    description: 'Use {{tasks.resarch.raw}}.',
  });
  expect(await saysAbout([task('research'), task('review'), write])).toBe(
    `TASK_UNKNOWN crew "newsroom" has 4 mistakes:
- task "write": context names "reserch", which is no task of this crew. Did you mean "research"?
- task "write": context names "reviw", which is no task of this crew. Did you mean "review"?
- task "write": dependsOn names "nobody", which is no task of this crew. There are only: research, review, write.
- task "write": description names "resarch", which is no task of this crew. Did you mean "research"?`,
  );
});

test('in a sequential crew, a task that needs a later one', async () => {
  const tasks = [task('write', { context: ['research'] }), task('research')];
  expect(await saysAbout(tasks, { process: 'sequential' })).toBe(
    'TASK_ORDER task "write": context names "research", which comes later; in a sequential crew a task can only need earlier ones.',
  );
});

test('duplicate names of tasks, and of agents that differ only in case and spaces', async () => {
  expect(await saysAbout([task('research'), task('research')])).toBe(
    'NAME_DUPLICATE task "research": another task of the crew has this name; a name tells results and templates apart.',
  );
  const twin = agent('wor ker', { model: idle.model });
  expect(await saysAbout([task('research')], { agents: [worker, twin] })).toBe(
    'NAME_DUPLICATE agent "wor ker": "Worker" is the same name (case and spaces do not count); give one of them a name of its own.',
  );
});

test('a task without an agent, with one that the crew lacks, and with a twin of one that it has', async () => {
  expect(await saysAbout([task('research', { agent: undefined })])).toBe(
    'AGENT_MISSING task "research": agent is missing: in a parallel crew each task names its agent, or has execute.',
  );
  const other = agent('Workr', { model: idle.model });
  expect(await saysAbout([task('research')], { agents: [other] })).toBe(
    'AGENT_UNKNOWN task "research": its agent "Worker" is not in the crew\'s agents. Did you mean "Workr"?',
  );
  const twin = agent('Worker', { model: idle.model });
  expect(await saysAbout([task('research')], { agents: [twin] })).toBe(
    'AGENT_UNKNOWN task "research": its agent "Worker" is another object than the crew\'s agent of that name; use one object for both.',
  );
});

test('a crew without tasks', async () => {
  expect(await saysAbout([])).toBe('TASKS_EMPTY crew "newsroom": tasks is empty: a crew needs work to do.');
});

const ADVICE =
  "Give `model` to it or to the crew, such as 'gpt-5-mini' or offline(), or set CREWLINE_MODEL in the environment.";

test('a hierarchical crew without a model, or without anybody to delegate to', async () => {
  vi.stubEnv('CREWLINE_MODEL', '');
  try {
    const hierarchical = { process: 'hierarchical' };
    const managed = task('research', { agent: undefined });
    expect(await saysAbout([managed], hierarchical)).toBe(
      `MODEL_MISSING crew "newsroom": the manager of a hierarchical crew has no model. ${ADVICE}`,
    );
    expect(await saysAbout([managed], { ...hierarchical, agents: [agent('Ann')] })).toBe(
      `MODEL_MISSING crew "newsroom" has 2 mistakes:
- agent "Ann": it has no model. ${ADVICE}
- crew "newsroom": the manager of a hierarchical crew has no model. ${ADVICE}`,
    );
    expect(await saysAbout([managed], { ...hierarchical, agents: [], model: idle.model })).toBe(
      'AGENT_MISSING crew "newsroom": agents is empty: in a hierarchical crew the manager needs at least one agent to delegate to.',
    );
  } finally {
    vi.unstubAllEnvs();
  }
});

test('options of a crew that would have no effect', async () => {
  const manager = agent('Chief', { model: idle.model });
  expect(await saysAbout([task('research')], { process: 'sequential', manager, maxConcurrency: 2 })).toBe(
    `OPTION_WITHOUT_EFFECT crew "newsroom" has 2 mistakes:
- crew "newsroom": maxConcurrency has no effect in a sequential crew, where one task runs after another.
- crew "newsroom": manager has no effect in a sequential crew; set process: 'hierarchical' or leave it out.`,
  );
});

test('options that only models heed, in a crew that is all code', async () => {
  const code = task('sum', { execute: () => 1, agent: undefined, description: undefined, expectedOutput: undefined });
  const advice =
    'has no effect in a crew whose tasks are all done by code: it calls no model. Leave it out; a crew that is run inside execute takes it itself.';
  expect(await saysAbout([code], { budget: { tokens: 5, wallMs: 5 } })).toBe(
    `OPTION_WITHOUT_EFFECT crew "newsroom": budget.tokens ${advice}`,
  );
  const all = {
    budget: { costUsd: 5, modelCalls: 5 },
    prices: { m: { input: 1, output: 1 } },
    approvals: 'tainted',
  };
  expect(await saysAbout([code], all)).toBe(
    `OPTION_WITHOUT_EFFECT crew "newsroom" has 4 mistakes:
- crew "newsroom": budget.modelCalls ${advice}
- crew "newsroom": budget.costUsd ${advice}
- crew "newsroom": prices ${advice}
- crew "newsroom": approvals: 'tainted' ${advice}`,
  );
  made(Crew, { name: 'newsroom', agents: [worker], tasks: [code, task('write')], process: 'parallel', ...all });
  made(Crew, { name: 'newsroom', tasks: [code], budget: { wallMs: 5 }, approvals: 'declared' });
});

test('options of a task that would have no effect', async () => {
  const dig = tool({ name: 'dig', description: 'Digs.', input: z.object({}), execute: () => 'earth' });
  const code = { execute: () => 1, tools: [dig], guardrails: ['Good.'], prompts: { task: 'x' } };
  expect(await refused(() => task('sum', code), idle)).toBe(
    `OPTION_WITHOUT_EFFECT task "sum" has 4 mistakes:
- task "sum": agent has no effect next to execute: a task is worked by an agent or by code.
- task "sum": tools have no effect on a task done by code.
- task "sum": guardrails have no effect on a task done by code; check inside execute.
- task "sum": prompts have no effect on a task done by code.`,
  );
  expect(await refused(() => task('write', { guardrailMaxRetries: 2 }), idle)).toBe(
    'OPTION_WITHOUT_EFFECT task "write": guardrailMaxRetries has no effect without guardrails.',
  );
});

test('mistakes of different kinds come in one error, each with its code', async () => {
  expect(await saysAbout([task('write', { context: ['write', 'nobody'] }), task('write')], { agents: [] })).toBe(
    `CREW_INVALID crew "newsroom" has 5 mistakes:
- task "write": its agent "Worker" is not in the crew's agents.
- task "write": its agent "Worker" is not in the crew's agents.
- task "write": another task of the crew has this name; a name tells results and templates apart.
- task "write": context names "nobody", which is no task of this crew. There is only: write.
- task "write": it waits for itself: write → write (write has write in its context).`,
  );
});

test('two crews of one name on one engine', async () => {
  const { inMemory } = await import('crewline');
  const engine = inMemory();
  const crewOf = () => new Crew({ name: 'twins', tasks: [new Task({ name: 'only', execute: () => 1 })], engine });
  await crewOf().kickoff();
  expect(await refused(() => crewOf().kickoff(), idle)).toBe(
    'CREW_DUPLICATE Another crew named "twins" runs on this engine already. Give one of them another name, or an engine of its own.',
  );
});
