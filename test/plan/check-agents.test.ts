import { expect, test } from 'vitest';
import { Agent } from '../../src/agent.ts';
import type { CrewData } from '../../src/definition.ts';
import { checkCrew } from '../../src/plan/check.ts';
import { Task } from '../../src/task.ts';
import { agentNamed, codeTask, crewOf } from './crews.ts';

const texts = { description: 'Write.', expectedOutput: 'A text.' };

function mistakes(crew: CrewData): string[] {
  return checkCrew(crew).problems.map(({ code, place, message }) => `${code} ${place}: ${message}`);
}

test('a sound crew has no mistake, in any process', () => {
  const writer = agentNamed('Writer');
  const editor = new Agent({ role: 'Editor', goal: 'g', backstory: 'b', allowDelegation: [' wri TER '] });
  const tasks = [
    new Task({ ...texts, name: 'write', agent: writer }),
    new Task({ ...texts, name: 'edit', agent: editor, context: ['write'] }),
    codeTask('print', ['edit']),
  ];
  for (const process of ['sequential', 'parallel', 'hierarchical'] as const) {
    expect(mistakes(crewOf({ process, agents: [writer, editor], tasks }))).toEqual([]);
  }
  const manager = agentNamed('Boss');
  expect(
    mistakes(crewOf({ process: 'hierarchical', manager, agents: [writer, editor], tasks, maxConcurrency: 2 })),
  ).toEqual([]);
});

test('a task without an agent is refused, except in a hierarchical crew and when code does it', () => {
  const tasks = [new Task({ ...texts, name: 'write' }), codeTask('count')];
  expect(mistakes(crewOf({ tasks }))).toEqual([
    'AGENT_MISSING task "write": agent is missing: in a parallel crew each task names its agent, or has execute.',
  ]);
  expect(mistakes(crewOf({ process: 'hierarchical', agents: [agentNamed('Writer')], tasks }))).toEqual([]);
});

test('an agent that the crew does not have is refused, with the one that was probably meant', () => {
  const crew = crewOf({
    agents: [agentNamed('Writer'), agentNamed('Editor')],
    tasks: [
      new Task({ ...texts, name: 'write', agent: agentNamed('Writter') }),
      new Task({ ...texts, name: 'edit', agent: agentNamed('Chief') }),
    ],
  });
  expect(mistakes(crew)).toEqual([
    'AGENT_UNKNOWN task "write": its agent "Writter" is not in the crew\'s agents. Did you mean "Writer"?',
    'AGENT_UNKNOWN task "edit": its agent "Chief" is not in the crew\'s agents. There are only: Writer, Editor.',
  ]);
});

test('an agent that only looks like one of the crew is told apart from it', () => {
  const tasks = [new Task({ ...texts, name: 'write', agent: agentNamed('writer') })];
  expect(mistakes(crewOf({ agents: [agentNamed('Writer')], tasks }))).toEqual([
    'AGENT_UNKNOWN task "write": its agent "writer" is another object than the crew\'s agent of that name; use one object for both.',
  ]);
});

test('agents of one name are refused, case and spaces ignored', () => {
  const writer = agentNamed('Staff Writer');
  const agents = [writer, agentNamed('staffwriter'), agentNamed('Staff Writer'), writer];
  expect(mistakes(crewOf({ agents, tasks: [codeTask('a')] }))).toEqual([
    'NAME_DUPLICATE agent "staffwriter": "Staff Writer" is the same name (case and spaces do not count); give one of them a name of its own.',
    'NAME_DUPLICATE agent "Staff Writer": the crew has another agent of this name (case and spaces do not count); give one of them a name of its own.',
    'NAME_DUPLICATE agent "Staff Writer": it is listed twice in agents.',
  ]);
});

test('delegation to somebody who is not there, or to oneself, is refused', () => {
  const editor = new Agent({ role: 'Editor', goal: 'g', backstory: 'b', allowDelegation: ['Wirter', 'editor'] });
  expect(mistakes(crewOf({ agents: [agentNamed('Writer'), editor], tasks: [codeTask('a')] }))).toEqual([
    'AGENT_UNKNOWN agent "Editor": allowDelegation names "Wirter", which is not in the crew\'s agents. Did you mean "Writer"?',
    'OPTION_INVALID agent "Editor": allowDelegation names the agent itself.',
  ]);
});

test('a manager outside a hierarchical crew, and a limit in a sequential one, are without effect', () => {
  const tasks = [codeTask('a')];
  expect(mistakes(crewOf({ process: 'sequential', manager: agentNamed('Boss'), maxConcurrency: 2, tasks }))).toEqual([
    'OPTION_WITHOUT_EFFECT crew "newsroom": maxConcurrency has no effect in a sequential crew, where one task runs after another.',
    'OPTION_WITHOUT_EFFECT crew "newsroom": manager has no effect in a sequential crew; set process: \'hierarchical\' or leave it out.',
  ]);
});

test('a hierarchical crew needs agents', () => {
  expect(mistakes(crewOf({ process: 'hierarchical', tasks: [codeTask('a')] }))).toEqual([
    'AGENT_MISSING crew "newsroom": agents is empty: in a hierarchical crew the manager needs at least one agent to delegate to.',
  ]);
});

test('a manager is not a coworker: neither listed, nor named like one, nor the agent of a task', () => {
  const boss = agentNamed('Boss');
  const writer = agentNamed('Writer');
  const tasks = [new Task({ ...texts, name: 'write', agent: boss })];
  expect(mistakes(crewOf({ process: 'hierarchical', manager: boss, agents: [writer], tasks }))).toEqual([
    'AGENT_UNKNOWN task "write": its agent "Boss" is the manager, who delegates every task; leave agent out, or name a coworker.',
  ]);
  expect(mistakes(crewOf({ process: 'hierarchical', manager: boss, agents: [writer, boss], tasks }))).toEqual([
    'OPTION_INVALID crew "newsroom": the manager "Boss" is also in agents; it cannot be its own coworker, so take it out of agents.',
  ]);
  expect(
    mistakes(
      crewOf({ process: 'hierarchical', manager: agentNamed('writer'), agents: [writer], tasks: [codeTask('a')] }),
    ),
  ).toEqual([
    'NAME_DUPLICATE agent "writer": the manager has the name of the agent "Writer"; give one of them a name of its own.',
  ]);
});

test('a crew without tasks is refused', () => {
  expect(mistakes(crewOf({ tasks: [] }))).toEqual([
    'TASKS_EMPTY crew "newsroom": tasks is empty: a crew needs work to do.',
  ]);
});

test('all mistakes come at once, of whatever kind', () => {
  const crew = crewOf({
    process: 'parallel',
    manager: agentNamed('Boss'),
    tasks: [
      codeTask('a', ['b', 'nobody']),
      codeTask('b', ['a']),
      new Task({ ...texts, name: 'c', expectedOutput: '{{#if}}' }),
    ],
  });
  const codes = checkCrew(crew).problems.map((problem) => problem.code);
  expect(codes).toEqual(['OPTION_WITHOUT_EFFECT', 'AGENT_MISSING', 'TASK_UNKNOWN', 'GRAPH_CYCLE', 'TEMPLATE']);
});

test('ten thousand wrong names are reported without ten thousand searches', () => {
  const tasks = Array.from({ length: 10_000 }, (_, id) => codeTask(`t${id}`, [`u${id}`]));
  const { problems } = checkCrew(crewOf({ tasks }));
  expect(problems).toHaveLength(10_000);
  expect(problems.filter((problem) => problem.message.includes('Did you mean')).length).toBeLessThan(100);
});
