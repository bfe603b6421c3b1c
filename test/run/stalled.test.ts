import { Crew, inMemory, Task, type ToolEffect, tool } from 'crewline';
import { fakeClock, type ScriptStep, scriptedModel } from 'crewline/testing';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { agent, failure } from '../serve.ts';

const asked = { description: 'Go.', expectedOutput: 'Text.' };
const handOn = (task: string, coworker = 'Digger') => ({
  toolCalls: [{ name: 'delegate_work_to_coworker', arguments: { task, context: '', coworker } }],
});

/** A hierarchical crew of one digger whose manager follows a script. */
function managed(manager: readonly ScriptStep[], digger: readonly ScriptStep[] = [], maxTurns = 20) {
  const model = scriptedModel({ 'report/Boss': manager, 'report/Digger': digger });
  const boss = agent('Boss', { model, maxTurns });
  const report = new Task({ name: 'report', ...asked });
  const crew = new Crew({
    name: 'managed',
    agents: [agent('Digger', { model })],
    manager: boss,
    tasks: [report],
    process: 'hierarchical',
  });
  return { crew, model };
}

test('a manager that invents coworkers for ever is told each time, and stalls with nothing handed out', async () => {
  const { crew } = managed(Array.from({ length: 9 }, () => handOn('Dig.', 'Nobody')));
  const error = await failure(crew.kickoff());
  expect(error).toMatchObject({ code: 'MANAGER_STALLED', taskName: 'report', cause: { code: 'LOOP_DETECTED' } });
  expect(error.message).toMatch(
    /^Manager "Boss" did not bring task "report" to an end in 5 turns\. Nothing was handed out\./,
  );
});

test('a manager that never finishes ends with its turns, and the error lists what is unfinished', async () => {
  const more = (turn: number) => handOn(`Dig hole ${turn}.`);
  const digger: ScriptStep[] = ['hole 1', new Error('the spade broke'), 'hole 3'];
  const { crew } = managed([more(1), more(2), more(3), more(4)], digger, 3);
  const error = await failure(crew.kickoff());
  expect(error.code).toBe('MANAGER_STALLED');
  expect(error.message).toContain('Unfinished: "Dig hole 2." (Digger: failed).');
});

test('a manager that hands out nothing is reminded once, and then its own answer stands', async () => {
  const { crew, model } = managed(['I know it.', 'I really do.']);
  expect((await crew.kickoff()).raw).toBe('I really do.');
  expect(model.calls).toHaveLength(2);
});

test('who asks somebody already at work further up is refused with the code of a cycle', async () => {
  const model = scriptedModel({
    'only/A': [handOn('x', 'B'), 'done'],
    'only/B': [handOn('x', 'A'), 'back'],
  });
  const [a, b] = [agent('A', { model, allowDelegation: true }), agent('B', { model, allowDelegation: true })];
  const run = new Crew({
    name: 'cycle',
    agents: [a, b],
    tasks: [new Task({ name: 'only', ...asked, agent: a })],
  }).start();
  const codes: (string | undefined)[] = [];
  run.on('tool.end', ({ error }) => codes.push(error?.code));
  await run.result;
  expect(codes).toEqual(['DELEGATION_CYCLE']);
});

test.each([
  [{}, 60_000],
  [{ timeouts: { guardrailMs: 250, callbackMs: 1 } }, 250],
])('a guardrail that gives no verdict in time has rejected the answer: %j', async (options, ms) => {
  const clock = fakeClock({ patienceMs: 5 });
  const model = scriptedModel(['one', 'two']);
  const worker = agent('Worker', { model });
  const guardrails = [() => new Promise<never>(() => {})];
  const only = new Task({ name: 'only', ...asked, agent: worker, guardrails, guardrailMaxRetries: 1 });
  await new Crew({ name: 'first', tasks: [new Task({ name: 'first', execute: () => 1 })] }).kickoff();
  const engine = inMemory({ runtime: clock });
  const crew = new Crew({ name: 'hangs', agents: [worker], tasks: [only], engine, ...options });
  const error = await clock.until(failure(crew.kickoff()));
  expect(error).toMatchObject({
    code: 'GUARDRAIL_REJECTED',
    message: expect.stringContaining(`no verdict within ${ms} ms (timeouts.guardrailMs of the crew).`),
  });
  expect([clock.monotonic(), clock.scheduled + clock.bounds]).toEqual([2 * ms, 0]);
});

test.each<[ToolEffect, number]>([
  ['once', 1],
  ['idempotent', 2],
  ['read', 2],
])('a task that failed after a call of a tool with effect %s is worked %i times in all', async (effect, attempts) => {
  const act = tool({ name: 'act', description: 'Acts.', input: z.object({}), effect, execute: () => 'acted' });
  const acting = { toolCalls: [{ name: 'act', arguments: {} }] };
  for (const delegated of [false, true]) {
    const broken = new Error('model broke');
    const model = scriptedModel(
      delegated
        ? {
            'only/Lead': [handOn('x', 'Actor'), broken, handOn('x', 'Actor'), broken],
            'only/Actor': [acting, 'done', acting, 'done'],
          }
        : [acting, broken, acting, broken],
    );
    const lead = agent('Lead', { model, ...(delegated ? { allowDelegation: true } : { tools: [act] }) });
    const only = new Task({ name: 'only', ...asked, agent: lead, retry: { attempts: 2 } });
    const agents = [lead, agent('Actor', { model, tools: [act] })];
    const { tasks } = await new Crew({ name: 'again', agents, tasks: [only] }).kickoff({ settle: true });
    expect(tasks.only).toMatchObject({ status: 'failed', attempts, acted: effect === 'once' });
  }
});
