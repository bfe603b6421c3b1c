import { Crew, Task } from 'crewline';
import type { Reply, ServerHandler, ServerRequest } from 'crewline/testing';
import { expect, test } from 'vitest';
import { agent, agentOf, messagesOf, plain, serve, subjectOf } from '../serve.ts';

const asked = { description: 'Report.', expectedOutput: 'One line.' } as const;

function hand(task: string, coworker: string): { name: string; arguments: object } {
  return { name: 'delegate_work_to_coworker', arguments: { task, context: '', coworker } };
}

function question(text: string, coworker: string): { name: string; arguments: object } {
  return { name: 'ask_question_to_coworker', arguments: { question: text, context: '', coworker } };
}

const answersIn = ({ messages }: ServerRequest): string[] =>
  messages.filter((message) => message.role === 'tool').map((message) => plain(message.content));

/** Each agent makes its calls in its first turn; then it answers with its name around what came back. */
function calling(calls: { readonly [agent: string]: readonly { name: string; arguments: object }[] }): ServerHandler {
  return (request): Reply => {
    const name = agentOf(request);
    const answers = answersIn(request);
    const toolCalls = calls[name];
    if (toolCalls === undefined || answers.length > 0) return `${name}(${answers.join(', ')})`;
    return { toolCalls };
  };
}

const REFUSED = 'This was not delegated: ';
const SPENT = 'no more than 20 pieces of work can be delegated for one task, and all 20 are used.';

test('an agent with allowDelegation hands work to a coworker and asks another a question, both at once', async () => {
  const { server, model } = await serve(calling({ Lead: [hand('dig', 'Digger'), question('How deep?', 'Expert')] }));
  const [lead, digger, expert] = [agent('Lead', { allowDelegation: true }), agent('Digger'), agent('Expert')];
  const report = new Task({ name: 'report', ...asked, agent: lead });
  const crew = new Crew({ name: 'team', agents: [lead, digger, expert], tasks: [report], model });
  const { raw, tasks } = await crew.kickoff();
  expect(raw).toBe('Lead(Digger(), Expert())');
  expect(server.requests).toHaveLength(4);
  expect(tasks.report.children.map(({ kind, from, agent: by, request }) => [kind, from, by, request])).toEqual([
    ['work', 'Lead', 'Digger', 'dig'],
    ['question', 'Lead', 'Expert', 'How deep?'],
  ]);
});

test('a list in allowDelegation is all an agent may turn to', async () => {
  const { server, model } = await serve(calling({ Lead: [hand('dig', 'Expert'), hand('dig', 'digger')] }));
  const digger = agent('Digger');
  const lead = agent('Lead', { allowDelegation: [digger] });
  const report = new Task({ name: 'report', ...asked, agent: lead });
  const crew = new Crew({ name: 'team', agents: [lead, digger, agent('Expert')], tasks: [report], model });
  const { raw } = await crew.kickoff();
  expect(raw).toBe('Lead(There is no coworker "Expert". You may turn to: Digger., Digger())');
  expect(messagesOf(server, 0)[0]?.content).not.toContain('Expert');
});

test('an agent without allowDelegation has no such tools', async () => {
  const { server, model } = await serve('done');
  const lead = agent('Lead');
  const report = new Task({ name: 'report', ...asked, agent: lead });
  await new Crew({ name: 'team', agents: [lead, agent('Digger')], tasks: [report], model }).kickoff();
  expect(server.requests[0]?.body).not.toHaveProperty('tools');
});

test('no agent works twice on one chain: the second one to ask is told why not, and goes on', async () => {
  const { server, model } = await serve(calling({ A: [hand('b', 'B')], B: [hand('a', 'A'), hand('b', 'B')] }));
  const a = agent('A', { allowDelegation: true });
  const b = agent('B', { allowDelegation: true });
  const report = new Task({ name: 'report', ...asked, agent: a });
  const { raw } = await new Crew({ name: 'team', agents: [a, b], tasks: [report], model }).kickoff();
  expect(raw).toBe(
    `A(B(${REFUSED}A is already at work on this, further up (A → B).\nGo on with what you have., There is no coworker "B". You may turn to: A.))`,
  );
  expect(server.requests).toHaveLength(4);
});

test('work is passed on three times at most', async () => {
  const { model } = await serve(
    calling({ A: [hand('b', 'B')], B: [hand('c', 'C')], C: [hand('d', 'D')], D: [hand('e', 'E')] }),
  );
  const agents = ['A', 'B', 'C', 'D', 'E'].map((name) => agent(name, { allowDelegation: true }));
  const report = new Task({ name: 'report', ...asked, ...(agents[0] && { agent: agents[0] }) });
  const { raw, tasks } = await new Crew({ name: 'team', agents, tasks: [report], model }).kickoff();
  expect(raw).toBe(
    `A(B(C(D(${REFUSED}work is passed on at most 3 times (A → B → C → D).\nGo on with what you have.))))`,
  );
  expect(tasks.report.children[0]?.children[0]?.children[0]?.agent).toBe('D');
});

test('twenty pieces of work may be delegated in one task, and the next is refused', async () => {
  const { server, model } = await serve((request) => {
    if (agentOf(request) === 'Digger') return `dug ${subjectOf(request)}`;
    const answers = answersIn(request);
    const refused = answers.findIndex((answer) => answer.startsWith(REFUSED));
    if (refused !== -1) return `${refused} and then: ${answers[refused]}`;
    return { toolCalls: [hand(`hole ${answers.length}`, 'Digger'), hand(`hole ${answers.length + 1}`, 'Digger')] };
  });
  const lead = agent('Lead', { allowDelegation: true });
  const report = new Task({ name: 'report', ...asked, agent: lead });
  const { raw, tasks } = await new Crew({
    name: 'team',
    agents: [lead, agent('Digger')],
    tasks: [report],
    model,
  }).kickoff();
  expect(raw).toBe(`20 and then: ${REFUSED}${SPENT}\nGo on with what you have.`);
  expect(tasks.report.children).toHaveLength(20);
  expect(server.requests).toHaveLength(12 + 20);
});

test('twenty pieces of work may be delegated in one turn, and the next is refused', async () => {
  const pieces = Array.from({ length: 21 }, (_, index) => hand(`hole ${index}`, 'Digger'));
  for (const allowDelegation of [false, true]) {
    const { server, model } = await serve(calling({ Lead: pieces }));
    const lead = agent('Lead', { allowDelegation: true });
    const report = new Task({ name: 'report', ...asked, agent: lead });
    const agents = [lead, agent('Digger', { allowDelegation })];
    const { raw, tasks } = await new Crew({ name: 'team', agents, tasks: [report], model }).kickoff();
    expect(raw).toBe(`Lead(${'Digger(), '.repeat(20)}${REFUSED}${SPENT}\nGo on with what you have.)`);
    expect(tasks.report.children.map(({ request, status }) => `${request} ${status}`)).toEqual(
      pieces.slice(0, 20).map((_, index) => `hole ${index} done`),
    );
    expect(server.requests).toHaveLength(2 + 20);
  }
});

test('a manager may give work to eight coworkers in one turn, whether they may pass it on or not', async () => {
  const names = Array.from({ length: 8 }, (_, index) => `W${index}`);
  for (const allowDelegation of [false, true]) {
    const { model } = await serve(calling({ 'Crew manager': names.map((name) => hand('dig', name)) }));
    const manager = agent('Crew manager');
    const report = new Task({ name: 'report', ...asked });
    const agents = names.map((name) => agent(name, { allowDelegation }));
    const crew = new Crew({ name: 'team', agents, manager, tasks: [report], model, process: 'hierarchical' });
    expect((await crew.kickoff()).raw).toBe(`Crew manager(${names.map((name) => `${name}()`).join(', ')})`);
  }
});

test('what coworkers may pass on is shared out fairly, and one whose share is used up is told so', async () => {
  const names = ['W0', 'W1', 'W2', 'W3'];
  const more = Array.from({ length: 9 }, () => hand('dig', 'Digger'));
  const { model } = await serve(
    calling({
      Lead: names.map((name) => hand('dig', name)),
      ...Object.fromEntries(names.map((name) => [name, more])),
    }),
  );
  const lead = agent('Lead', { allowDelegation: names });
  const workers = names.map((name) => agent(name, { allowDelegation: ['Digger'] }));
  const report = new Task({ name: 'report', ...asked, agent: lead });
  const agents = [lead, ...workers, agent('Digger')];
  const { raw, tasks } = await new Crew({ name: 'team', agents, tasks: [report], model }).kickoff();
  expect(tasks.report.children.map(({ children }) => children.length)).toEqual([4, 4, 4, 4]);
  for (const name of names) {
    expect(raw).toContain(
      `${REFUSED}no more than 20 pieces of work can be delegated for one task, and none are left for ${name}.`,
    );
  }
  expect(raw).not.toContain('all 20');
});

test('what a coworker did not pass on is there for the next turn', async () => {
  const { model } = await serve((request) => {
    if (agentOf(request) !== 'Lead') return 'done';
    const { length } = answersIn(request);
    if (length >= 20) return answersIn(request).join();
    const pieces = length === 0 ? 1 : 19;
    return { toolCalls: Array.from({ length: pieces }, () => hand('dig', 'W')) };
  });
  const lead = agent('Lead', { allowDelegation: ['W'] });
  const report = new Task({ name: 'report', ...asked, agent: lead });
  const agents = [lead, agent('W', { allowDelegation: ['Digger'] }), agent('Digger')];
  const { raw } = await new Crew({ name: 'team', agents, tasks: [report], model }).kickoff();
  expect(raw).toBe(Array(20).fill('done').join());
});

test('records of delegated work are nested, and each call is counted once at every level', async () => {
  const usage = { prompt: 10, completion: 1 };
  const { model } = await serve((request) => {
    const reply = calling({ A: [hand('b', 'B')], B: [question('c?', 'C')] })(request);
    return typeof reply === 'string' ? { text: reply, usage } : { ...Object(reply), usage };
  });
  const [a, b, c] = [agent('A', { allowDelegation: true }), agent('B', { allowDelegation: ['C'] }), agent('C')];
  const report = new Task({ name: 'report', ...asked, agent: a });
  const result = await new Crew({ name: 'team', agents: [a, b, c], tasks: [report], model }).kickoff();
  const [fromA] = result.tasks.report.children;
  const [fromB] = fromA?.children ?? [];
  expect(fromB).toMatchObject({ kind: 'question', from: 'B', agent: 'C', raw: 'C()', children: [] });
  expect(fromB?.usage.modelCalls).toBe(1);
  expect(fromA?.usage.modelCalls).toBe(3);
  expect(result.tasks.report.usage.modelCalls).toBe(5);
  expect(result.usage).toMatchObject({ modelCalls: 5, inputTokens: 50, outputTokens: 5 });
  expect(result.usage.byAgent).toMatchObject({
    A: { modelCalls: 2, inputTokens: 20 },
    B: { modelCalls: 2, inputTokens: 20 },
    C: { modelCalls: 1, inputTokens: 10 },
  });
});

test('a coworker that fails is a tool error its asker sees, and a child record that says so', async () => {
  const { model } = await serve((request) =>
    agentOf(request) === 'Digger'
      ? { status: 400, error: { message: 'too muddy' } }
      : calling({ Lead: [hand('dig', 'Digger')] })(request),
  );
  const lead = agent('Lead', { allowDelegation: true });
  const report = new Task({ name: 'report', ...asked, agent: lead });
  const result = await new Crew({ name: 'team', agents: [lead, agent('Digger')], tasks: [report], model }).kickoff();
  expect(result.raw).toMatch(
    /^Lead\("delegate_work_to_coworker" failed: m at 127\.0\.0\.1:\d+ answered 400: too muddy\./,
  );
  expect(result.tasks.report.children[0]).toMatchObject({
    status: 'failed',
    raw: '',
    error: { code: 'REQUEST_REFUSED', agent: 'Digger', taskName: 'report' },
  });
});
