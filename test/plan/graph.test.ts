import fc from 'fast-check';
import { expect, test } from 'vitest';
import { reasonsOf } from '../../src/plan/edges.ts';
import { buildGraph, type Graph } from '../../src/plan/graph.ts';
import { optional, Task } from '../../src/task.ts';
import { RUNS } from '../sizes.ts';
import { agentNamed, codeTask, crewOf, wiredCrew, wirings } from './crews.ts';

const writer = agentNamed('Writer');
const texts = { description: 'Write.', expectedOutput: 'A text.', agent: writer };

/** Every edge as `from → to: reasons`, with `?` for an optional one, in the order of the arrays. */
function edgesOf(graph: Graph): string[] {
  const edges: string[] = [];
  for (let id = 0; id < graph.size; id += 1) {
    for (let edge = graph.starts[id] ?? 0; edge < (graph.starts[id + 1] ?? 0); edge += 1) {
      const to = graph.tasks[graph.targets[edge] ?? -1]?.name;
      const mark = graph.optionalEdges[edge] === 1 ? '?' : '';
      edges.push(`${graph.tasks[id]?.name} → ${to}${mark}: ${reasonsOf(graph.reasons[edge] ?? 0).join(' ')}`);
    }
  }
  return edges;
}

test('context, dependsOn and templates make one edge between two tasks, which keeps all its reasons', () => {
  const crew = crewOf({
    tasks: [
      codeTask('facts'),
      codeTask('rules'),
      new Task({
        ...texts,
        name: 'write',
        description: 'Use {{tasks.facts.output}} and {{tasks.rules.raw}}.',
        context: ['facts'],
        dependsOn: ['facts', 'facts'],
      }),
    ],
  });
  const { graph, problems } = buildGraph(crew);
  expect(problems).toEqual([]);
  expect(edgesOf(graph)).toEqual(['facts → write: context dependsOn template', 'rules → write: template']);
  expect([...graph.inDegrees.slice()]).toEqual([0, 0, 2]);
  expect(graph.referencesOf(2)).toEqual([0, 1]);
  expect(graph.contextOf(2)).toEqual([{ id: 0, name: 'facts', optional: false }]);
});

test('templates of code tasks, and all three templates of a task, make edges', () => {
  const crew = crewOf({
    tasks: [
      codeTask('a'),
      codeTask('b'),
      codeTask('c'),
      new Task({
        name: 'd',
        execute: () => 'd',
        description: '{{tasks.a.raw}}',
        expectedOutput: '{{tasks.b.raw}}',
        outputFile: 'out/{{tasks.c.raw}}.md',
      }),
    ],
  });
  expect(edgesOf(buildGraph(crew).graph)).toEqual(['a → d: template', 'b → d: template', 'c → d: template']);
});

test('a task may need one that is declared after it', () => {
  const { graph, problems } = buildGraph(crewOf({ tasks: [codeTask('late', ['early']), codeTask('early')] }));
  expect(problems).toEqual([]);
  expect(edgesOf(graph)).toEqual(['early → late: dependsOn']);
});

test('an edge is optional only when everything that asks for it is', () => {
  const crew = crewOf({
    tasks: [
      codeTask('a'),
      new Task({ name: 'asked', execute: () => 1, context: [optional('a')] }),
      new Task({ name: 'both', execute: () => 1, context: [optional('a')], dependsOn: [optional('a')] }),
      new Task({ name: 'either', execute: () => 1, context: [optional('a')], dependsOn: ['a'] }),
      new Task({ ...texts, name: 'printed', context: [optional('a')], description: 'See {{tasks.a.output}}.' }),
    ],
  });
  const { graph } = buildGraph(crew);
  expect(edgesOf(graph)).toEqual([
    'a → asked?: context',
    'a → both?: context dependsOn',
    'a → either: context dependsOn',
    'a → printed: context template',
  ]);
  expect(graph.contextOf(1)).toEqual([{ id: 0, name: 'a', optional: true }]);
  expect(graph.contextOf(3)).toEqual([{ id: 0, name: 'a', optional: false }]);
});

test('a template that only asks whether an optional task has an output leaves it optional', () => {
  const description = 'Write.{{#if tasks.a.output}} Mind {{tasks.a.output}}.{{/if}}';
  const crew = crewOf({
    tasks: [
      codeTask('a'),
      new Task({ ...texts, name: 'soft', description, context: [optional('a')] }),
      new Task({ ...texts, name: 'hard', description }),
      new Task({ ...texts, name: 'mixed', description, expectedOutput: '{{tasks.a.raw}}', context: [optional('a')] }),
    ],
  });
  expect(edgesOf(buildGraph(crew).graph)).toEqual([
    'a → soft?: context template',
    'a → hard: template',
    'a → mixed: context template',
  ]);
});

test('context comes back in the order given, whatever the order of declaration', () => {
  const last = new Task({ name: 'd', execute: () => 1, context: ['c', optional('a'), 'b', 'c'], dependsOn: ['a'] });
  const { graph } = buildGraph(crewOf({ tasks: [codeTask('a'), codeTask('b'), codeTask('c'), last] }));
  expect(graph.contextOf(3).map((entry) => entry.name)).toEqual(['c', 'a', 'b']);
  expect(graph.contextOf(0)).toEqual([]);
});

test('sequential tasks wait for the one before, optionally, and for what they name', () => {
  const crew = crewOf({
    process: 'sequential',
    tasks: [
      codeTask('a'),
      codeTask('b'),
      new Task({ name: 'c', execute: () => 1, context: ['a'] }),
      new Task({ name: 'd', execute: () => 1, context: ['c'] }),
      new Task({ name: 'e', execute: () => 1, context: [] }),
    ],
  });
  const { graph, problems } = buildGraph(crew);
  expect(problems).toEqual([]);
  expect(edgesOf(graph)).toEqual([
    'a → b?: order',
    'a → c: context',
    'b → c?: order',
    'c → d: context order',
    'd → e?: order',
  ]);
});

test('a sequential task without context reads everything earlier; a list or an empty list is taken as it is', () => {
  const given = new Task({ name: 'c', execute: () => 1, context: ['a'] });
  const none = new Task({ name: 'd', execute: () => 1, context: [] });
  const tasks = [codeTask('a'), codeTask('b'), given, none, codeTask('e')];
  const { graph } = buildGraph(crewOf({ process: 'sequential', tasks }));
  expect(tasks.map((_, id) => graph.readsEarlier(id))).toEqual([true, true, false, false, true]);
  expect(tasks.map((_, id) => graph.contextOf(id).map((entry) => entry.name))).toEqual([
    [],
    ['a'],
    ['a'],
    [],
    ['a', 'b', 'c', 'd'],
  ]);
  expect(graph.contextOf(1)).toEqual([{ id: 0, name: 'a', optional: true }]);
});

test('a parallel or hierarchical task without context reads nothing', () => {
  for (const process of ['parallel', 'hierarchical'] as const) {
    const { graph } = buildGraph(crewOf({ process, tasks: [codeTask('a'), codeTask('b')] }));
    expect(edgesOf(graph)).toEqual([]);
    expect(graph.readsEarlier(1)).toBe(false);
    expect(graph.contextOf(1)).toEqual([]);
  }
});

test('an unknown name is refused with the one that was probably meant, and where it stands', () => {
  const crew = crewOf({
    tasks: [
      codeTask('research'),
      new Task({ ...texts, name: 'write', context: ['resaerch'], dependsOn: [optional('reserch')] }),
      new Task({ ...texts, name: 'sell', description: 'Sell {{tasks.wrte.output}}.' }),
      codeTask('archive', ['zzz']),
    ],
  });
  const { graph, problems } = buildGraph(crew);
  expect(problems).toEqual([
    {
      code: 'TASK_UNKNOWN',
      place: 'task "write"',
      message: 'context names "resaerch", which is no task of this crew. Did you mean "research"?',
    },
    {
      code: 'TASK_UNKNOWN',
      place: 'task "write"',
      message: 'dependsOn names "reserch", which is no task of this crew. Did you mean "research"?',
    },
    {
      code: 'TASK_UNKNOWN',
      place: 'task "sell"',
      message: 'description names "wrte", which is no task of this crew. Did you mean "write"?',
    },
    {
      code: 'TASK_UNKNOWN',
      place: 'task "archive"',
      message: 'dependsOn names "zzz", which is no task of this crew. There are only: research, write, sell, archive.',
    },
  ]);
  expect(edgesOf(graph)).toEqual([]);
});

test('a sequential task cannot need a later one', () => {
  const early = new Task({ ...texts, name: 'early', context: [], description: 'Read {{tasks.late.output}}.' });
  const { problems } = buildGraph(
    crewOf({ process: 'sequential', tasks: [codeTask('a', ['late']), early, codeTask('late')] }),
  );
  expect(problems).toEqual([
    {
      code: 'TASK_ORDER',
      place: 'task "a"',
      message: 'dependsOn names "late", which comes later; in a sequential crew a task can only need earlier ones.',
    },
    {
      code: 'TASK_ORDER',
      place: 'task "early"',
      message: 'description names "late", which comes later; in a sequential crew a task can only need earlier ones.',
    },
  ]);
});

test('two tasks of one name are refused', () => {
  expect(buildGraph(crewOf({ tasks: [codeTask('a'), codeTask('a')] })).problems).toEqual([
    {
      code: 'NAME_DUPLICATE',
      place: 'task "a"',
      message: 'another task of the crew has this name; a name tells results and templates apart.',
    },
  ]);
});

test('the flat arrays hold exactly the edges declared, each once, from both ends', () => {
  fc.assert(
    fc.property(wirings({ cycles: true }), (wiring) => {
      const { graph } = buildGraph(wiredCrew(wiring));
      const wanted = wiring.waits.map((list) => [...new Set(list)]);
      wanted.forEach((list, id) => {
        expect([...graph.sources.slice().slice(graph.sourceStarts[id], graph.sourceStarts[id + 1])]).toEqual(list);
        expect(graph.inDegrees[id]).toBe(list.length);
        const dependants = wanted.flatMap((other, target) => (other.includes(id) ? [target] : []));
        expect([...graph.targets.slice().slice(graph.starts[id], graph.starts[id + 1])]).toEqual(dependants);
      });
    }),
    { numRuns: RUNS },
  );
});
