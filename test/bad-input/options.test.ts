import { Agent, ask, Crew, fallback, hedged, type Model, openai, Task, tool } from 'crewline';
import { beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { agent, serve } from '../serve.ts';
import { type Idle, made, refused, untyped } from './refused.ts';

let idle: Idle;
let worker: Agent;
beforeEach(async () => {
  idle = await serve();
  worker = agent('Worker', { model: idle.model });
});

const saysNew = (noun: typeof Agent | typeof Task | typeof Crew, options?: unknown) =>
  refused(() => made(noun, options), idle);
const texts = { goal: 'g', backstory: 'b' };

test('options of an agent', async () => {
  expect(await saysNew(Agent, { role: '', gole: 'x', maxTurns: 0, tools: [1], allowDelegation: 'yes' })).toBe(
    `OPTION_INVALID agent has 7 mistakes:
- agent: role must be a text that is not empty, not "".
- agent: there is no option "gole". Did you mean "role"?
- agent: maxTurns must be a whole number, at least 1, not 0.
- agent: tools must be a list of tools made by tool({ … }).
- agent: allowDelegation must be true or false, or a list, not "yes".
- agent: goal is missing.
- agent: backstory is missing.`,
  );
  expect(await saysNew(Agent)).toBe('OPTION_INVALID agent: needs an object of options, not undefined.');
  expect(await saysNew(Agent, { role: 'Bob', ...texts, model: { name: 'm' } })).toBe(
    'OPTION_INVALID agent "Bob": model must be a text that is not empty, or a model (an object with name and generate), not an object.',
  );
});

test('limits, retries, timeouts and window of a model of one’s own', async () => {
  const plain = { name: 'mine', generate: () => [] };
  const wrong: readonly (readonly [object, string])[] = [
    [{ limits: { maxConcurrency: 0 } }, 'limits.maxConcurrency must be a whole number, at least 1, not 0'],
    [{ limits: { tokensPerMinute: NaN } }, 'limits.tokensPerMinute must be a whole number, at least 1, not NaN'],
    [{ limits: 3 }, 'limits must be an object, not 3'],
    [{ retries: -1 }, 'retries must be a whole number, at least 0, not -1'],
    [{ timeouts: { idleMs: 0 } }, 'timeouts.idleMs must be a number above 0, not 0'],
    [{ contextWindow: -5 }, 'contextWindow must be a number above 0, not -5'],
  ];
  for (const [given, said] of wrong) {
    const message = await saysNew(Agent, { role: 'Bob', ...texts, model: { ...plain, ...given } });
    expect(message).toMatch(/^OPTION_INVALID agent "Bob": model must be a text that is not empty, or a model/);
    expect(message.endsWith(`; of model "mine", ${said}.`)).toBe(true);
  }
  const right = { limits: { maxConcurrency: 2 }, retries: 0, timeouts: { idleMs: 0.5 }, contextWindow: 100 };
  expect(made(Agent, { role: 'Bob', ...texts, model: { ...plain, ...right } })).toMatchObject({ name: 'Bob' });
});

test('limits of a model that others are made of, in an agent and in a crew', async () => {
  const plain = (name: string, more: object = {}): Model => ({ name, generate: idle.model.generate, ...more });
  const wrong = plain('b', { limits: { requestsPerMinute: 0 } });
  const inside = fallback([plain('a'), hedged(wrong)]);
  const endOf = async (model: unknown) =>
    (await saysNew(Agent, { role: 'Bob', ...texts, model })).replace(/^.*name and generate\)/, '');
  const why = 'limits.requestsPerMinute must be a whole number, at least 1, not 0.';
  expect(await endOf(inside)).toBe(`; of model "b" inside hedged "b" inside fallback "a", ${why}`);
  expect(await endOf(hedged(wrong))).toBe(`; of model "b" inside hedged "b", ${why}`);
  expect(await endOf(fallback([plain('a', { retries: -1 }), plain('c')]))).toBe(
    '; of model "a" inside fallback "a", retries must be a whole number, at least 0, not -1.',
  );
  const tasks = [new Task({ name: 'code', execute: () => 1 })];
  expect(await saysNew(Crew, { name: 'c', tasks, model: inside })).toContain('model "b" inside hedged "b" inside');

  expect(await endOf(plain('x', { route: { kind: 'fallback', models: [] } }))).toBe(
    '; of model "x", route must be as fallback([…]) and hedged(…) make it.',
  );
  expect(await endOf(plain('x', { route: { kind: 'fallback', models: ['a'] } }))).toBe(
    '; model "x" is made of something else than models.',
  );
  const endless = plain('x', { route: { kind: 'fallback', models: [plain('a')] } });
  Object.assign(Object(endless.route), { models: [plain('a'), endless] });
  expect(await endOf(endless)).toBe('; of model "x" inside fallback "x", it is made of itself.');
  const sound = fallback([plain('a'), hedged(plain('b'))]);
  made(Agent, { role: 'Bob', ...texts, model: fallback([sound, plain('c'), sound]) });
});

test('settings of an agent and of a model', async () => {
  const settings = { temprature: 1, maxOutputTokens: 0, stop: 'END' };
  const said = (place: string) => `OPTION_INVALID ${place} has 3 mistakes:
- ${place}: settings: there is no option "temprature". Did you mean "temperature"?
- ${place}: settings: maxOutputTokens must be a whole number, at least 1, not 0.
- ${place}: settings: stop must be a list of texts, not "END".`;
  expect(await saysNew(Agent, { role: 'Bob', ...texts, settings })).toBe(said('agent "Bob"'));
  expect(await refused(() => untyped(openai, { model: 'm', settings }), idle)).toBe(said('openai model "m"'));
});

test('two tools of one name', async () => {
  const dig = tool({ name: 'dig', description: 'Digs.', input: z.object({}), execute: () => 'earth' });
  expect(await saysNew(Agent, { role: 'Bob', ...texts, tools: [dig, dig] })).toBe(
    'OPTION_INVALID agent "Bob": tools must be a list of tools of different names; "dig" is there twice.',
  );
});

test('safety options of a tool', async () => {
  const parts = { name: 'dig', description: 'Digs.', input: z.object({}), execute: () => 1 };
  const wrong = { ...parts, timeoutMs: 0, effect: 'twice', risk: 'high', approval: 'ask' };
  expect(await refused(() => untyped(tool, wrong), idle)).toBe(
    `OPTION_INVALID tool "dig" has 4 mistakes:
- tool "dig": timeoutMs must be a whole number, at least 1, not 0.
- tool "dig": effect must be one of read, idempotent, once, not "twice".
- tool "dig": risk must be one of none, write, external, exec, not "high".
- tool "dig": approval must be true or false, or a function, not "ask".`,
  );
  expect(await refused(() => untyped(tool, { ...parts, risk: 'exec', approval: false }), idle)).toBe(
    `OPTION_WITHOUT_EFFECT tool "dig": approval has no effect with risk 'exec': such a call always needs it.`,
  );
  const { timeoutMs, effect, risk } = tool(parts);
  expect([timeoutMs, effect, risk]).toEqual([60_000, 'once', 'none']);
});

test('options of a task', async () => {
  const wrong = {
    name: 'write',
    descripton: 'x',
    context: 'research',
    guardrailMaxRetries: -1,
    output: {},
    guardrails: [1],
  };
  expect(await saysNew(Task, wrong)).toBe(
    `OPTION_INVALID task "write" has 5 mistakes:
- task "write": there is no option "descripton". Did you mean "description"?
- task "write": context must be a list, not "research".
- task "write": guardrailMaxRetries must be a whole number, at least 0, not -1.
- task "write": output must be a schema, such as z.object({ … }) of zod 4, not an object.
- task "write": guardrails must be a list of functions, or of sentences to judge by.`,
  );
  expect(await saysNew(Task, { name: 'my task', agent: worker })).toBe(
    `CREW_INVALID task "my task" has 3 mistakes:
- task "my task": a name is a letter, then letters, digits, _ and -, at most 64 in all.
- task "my task": description is missing: an agent needs it (or give execute).
- task "my task": expectedOutput is missing: an agent needs it (or give execute).`,
  );
  for (const [agent, shown] of [
    ['A', '"A"'],
    [{ role: 'A' }, 'an object'],
  ]) {
    expect(await saysNew(Task, { name: 'write', description: 'Write.', expectedOutput: 'Text.', agent })).toBe(
      `OPTION_INVALID task "write": agent must be an agent made by new Agent({ … }), not ${shown}.`,
    );
  }
  expect(await saysNew(Task, { name: 'write', execute: () => 1, context: [3] })).toBe(
    'OPTION_INVALID task "write": context may hold tasks, names and optional(task).',
  );
});

test('options of a crew', async () => {
  expect(await saysNew(Crew, { name: 'newsroom', tasks: [{ name: 'a' }], agents: [{}], manager: {} })).toBe(
    `OPTION_INVALID crew "newsroom" has 3 mistakes:
- crew "newsroom": tasks[0] must be a task made by new Task({ … }).
- crew "newsroom": agents[0] must be an agent made by new Agent({ … }).
- crew "newsroom": manager must be an agent made by new Agent({ … }).`,
  );
  expect(await saysNew(Crew, { nme: 'newsroom', process: 'paralel', maxConcurency: 3, agents: worker })).toBe(
    `OPTION_INVALID crew has 6 mistakes:
- crew: there is no option "nme". Did you mean "name"?
- crew: process must be one of sequential, parallel, hierarchical, not "paralel".
- crew: there is no option "maxConcurency". Did you mean "maxConcurrency"?
- crew: agents must be a list, not an object.
- crew: name is missing.
- crew: tasks is missing.`,
  );
});

test('options of a tool', async () => {
  expect(await refused(() => untyped(tool, { name: 'my tool', input: 3, run: () => 1 }), idle)).toBe(
    `OPTION_INVALID tool "my tool" has 5 mistakes:
- tool "my tool": name must be letters, digits, _ and -, at most 64 of them, not "my tool".
- tool "my tool": input must be a schema, such as z.object({ … }) of zod 4, or an object, not 3.
- tool "my tool": there is no option "run". There are only: name, description, input, execute, maxUses, resultAsAnswer, timeoutMs, effect, approval, risk.
- tool "my tool": description is missing.
- tool "my tool": execute is missing.`,
  );
  const noObject = { name: 'dig', description: 'Digs.', input: z.string(), execute: () => 1 };
  expect(await refused(() => untyped(tool, noObject), idle)).toBe(
    'SCHEMA_UNSUPPORTED tool "dig": input must describe an object, such as z.object({ … }).',
  );
});

test('options of a kickoff, of several, and of a prompt to look at', async () => {
  const only = new Task({ name: 'only', description: 'd', expectedOutput: 'e', agent: worker });
  const crew = new Crew({ name: 'newsroom', agents: [worker], tasks: [only] });
  const called = (method: 'kickoff' | 'kickoffForEach' | 'renderPrompt', ...given: unknown[]) =>
    refused(() => Reflect.apply(crew[method], crew, given), idle);
  expect(await called('kickoff', { input: { topic: 'x' } })).toBe(
    'OPTION_INVALID kickoff of crew "newsroom": there is no option "input". Did you mean "inputs"?',
  );
  expect(await called('kickoff', { settle: 'yes', signal: {} })).toBe(
    `OPTION_INVALID kickoff of crew "newsroom" has 2 mistakes:
- kickoff of crew "newsroom": settle must be true or false, not "yes".
- kickoff of crew "newsroom": signal must be an AbortSignal, not an object.`,
  );
  expect(await called('kickoff', 'otters')).toBe(
    'OPTION_INVALID kickoff of crew "newsroom": needs an object of options, not "otters".',
  );
  expect(await called('kickoff', null)).toBe(
    'OPTION_INVALID kickoff of crew "newsroom": needs an object of options, not null.',
  );
  expect(await called('kickoffForEach', { topic: 'x' })).toBe(
    'OPTION_INVALID kickoffForEach of crew "newsroom": needs a list of inputs, one for each kickoff.',
  );
  expect(await called('kickoffForEach', [], { concurency: 2 })).toBe(
    'OPTION_INVALID kickoffForEach of crew "newsroom": there is no option "concurency". Did you mean "concurrency"?',
  );
  expect(await called('renderPrompt', 'only', { input: {} })).toBe(
    'OPTION_INVALID renderPrompt of crew "newsroom": there is no option "input". Did you mean "inputs"?',
  );
  expect(await called('renderPrompt', 'onyl')).toBe(
    'TASK_UNKNOWN Crew "newsroom" has no task "onyl". Did you mean "only"?',
  );
});

test('a run started with wrong options ends like any other: its result rejects, its events end', async () => {
  const crew = new Crew({ name: 'newsroom', tasks: [new Task({ name: 'only', execute: () => 1 })] });
  const run = Reflect.apply(crew.start, crew, [{ setle: true }]);
  const events: string[] = [];
  for await (const event of run) events.push(event.type);
  expect(events).toEqual(['run.end']);
  await expect(run.result).rejects.toThrow('Did you mean "settle"?');
});

test('options of a question to one agent', async () => {
  const says = (...given: unknown[]) => refused(() => untyped(ask, ...given), idle);
  expect(await says(worker, 'Why?', { outpt: 1, tools: 3 })).toBe(
    `OPTION_INVALID ask has 2 mistakes:
- ask: there is no option "outpt". Did you mean "output"?
- ask: tools must be a list of tools made by tool({ … }), not 3.`,
  );
  expect(await says({}, 'Why?')).toBe('OPTION_INVALID ask: needs an agent made by new Agent({ … }) first.');
  const noPrompt = 'OPTION_INVALID ask: needs a prompt that is not empty, or messages ending with one of role "user".';
  expect(await says(worker)).toBe(noPrompt);
  expect(await says(worker, ' ')).toBe(noPrompt);
  expect(await says(worker, [])).toBe(noPrompt);
  expect(await says(worker, [{ role: 'user' }])).toBe(noPrompt);
});

test('options of a model', async () => {
  expect(await refused(() => untyped(openai, { baseUrl: 'localhost' }), idle)).toBe(
    `OPTION_INVALID openai model has 2 mistakes:
- openai model: there is no option "baseUrl". Did you mean "baseURL"?
- openai model: model is missing.`,
  );
});

test('what becomes of a task that fails', async () => {
  const parts = { name: 'code', execute: () => 1 };
  const says = (options: object) => saysNew(Task, { ...parts, ...options });
  expect(await says({ onFailure: 'ignore', retry: 3, timeoutMs: 0 })).toBe(`OPTION_INVALID task "code" has 3 mistakes:
- task "code": onFailure must be one of failRun, skipDependents, or { fallback: value }, not "ignore".
- task "code": retry must be { attempts, delayMs }, not 3.
- task "code": timeoutMs must be a whole number, at least 1, not 0.`);
  expect(await says({ retry: { attemps: 2 } })).toMatch(
    /retry must be \{ attempts, delayMs \}; there is no "attemps" \(did you mean "attempts"\?\)\.$/,
  );
  expect(await says({ onFailure: { falback: 2 } })).toMatch(/there is no "falback" \(did you mean "fallback"\?\)\.$/);
  expect(await says({ onFailure: { fallback: 1, or: 2 } })).toMatch('onFailure must be one of');
  expect(await says({ retry: { attempts: 0 } })).toBe(
    'OPTION_INVALID task "code": retry must be { attempts, delayMs }; attempts must be a whole number, at least 1.',
  );
  expect(await says({ retry: { attempts: 2, delay: 5 } })).toMatch('there is no "delay"');
  expect(await says({ retry: { attempts: 2, delayMs: -1 } })).toMatch('delayMs must be a whole number of milliseconds');
  expect(await says({ retry: { attempts: 1, delayMs: 5 } })).toBe(
    'OPTION_WITHOUT_EFFECT task "code": retry.delayMs has no effect with one attempt.',
  );
  expect(await says({ onFailure: { fallback: () => 1 } })).toMatch(
    /^OPTION_INVALID task "code": onFailure: the fallback must be JSON: /,
  );
  expect(await says({ onFailure: { fallback: { n: 'x' } }, output: z.object({ n: z.number() }) })).toMatch(
    /^OPTION_INVALID task "code": onFailure: the fallback does not fit the output schema: n: /,
  );
  const byAgent = { name: 'x', description: 'd', expectedOutput: 'e', agent: worker };
  expect(await saysNew(Task, { ...byAgent, onFailure: { fallback: 5 } })).toBe(
    'OPTION_INVALID task "x": onFailure: the fallback must be a text, as the output of a task without an output schema is.',
  );
});

test('how long work may take, and what cancelling and failing do', async () => {
  expect(await saysNew(Agent, { role: 'Bob', ...texts, timeoutMs: 0.5 })).toBe(
    'OPTION_INVALID agent "Bob": timeoutMs must be a whole number, at least 1, not 0.5.',
  );
  const tasks = [new Task({ name: 'code', execute: () => 1 })];
  expect(await saysNew(Crew, { name: 'c', tasks, failFast: 'yes', cancelGraceMs: -1 })).toBe(
    `OPTION_INVALID crew "c" has 2 mistakes:
- crew "c": failFast must be true or false, not "yes".
- crew "c": cancelGraceMs must be a whole number, at least 0, not -1.`,
  );
  expect(await saysNew(Crew, { name: 'c', tasks, timeouts: { approvalMs: 0, callbackMs: '1', guardrail: 5 } })).toBe(
    `OPTION_INVALID crew "c" has 3 mistakes:
- crew "c", timeouts: approvalMs must be a whole number, at least 1, not 0.
- crew "c", timeouts: callbackMs must be a whole number, at least 1, not "1".
- crew "c", timeouts: there is no option "guardrail". Did you mean "guardrailMs"?`,
  );
  expect(await saysNew(Crew, { name: 'c', tasks, timeouts: 5 })).toBe(
    'OPTION_INVALID crew "c": timeouts must be an object, not 5.',
  );
  expect(await saysNew(Crew, { name: 'c', tasks, failFast: true })).toBe(
    'OPTION_WITHOUT_EFFECT crew "c": failFast has no effect in a sequential crew, where no other task is at work when one fails.',
  );
});
