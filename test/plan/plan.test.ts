import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Agent } from '../../src/agent.ts';
import { Crew } from '../../src/crew.ts';
import type { CrewData } from '../../src/definition.ts';
import { buildGraph } from '../../src/plan/graph.ts';
import { type Plan, planOf } from '../../src/plan/plan.ts';
import { optional, Task } from '../../src/task.ts';
import { RUNS } from '../sizes.ts';
import { agentNamed, codeTask, crewOf, wiredCrew, wirings } from './crews.ts';

function planned(crew: CrewData): Plan {
  return planOf(buildGraph(crew).graph, crew);
}

const surveyor = agentNamed('Surveyor');
const writer = new Agent({ name: 'Writer', role: 'Writer of {{topic}}', goal: 'g', backstory: 'b' });
const texts = { description: 'Look.', expectedOutput: 'Notes.', agent: surveyor };
const brief = crewOf({
  name: 'repo-brief',
  agents: [surveyor, writer],
  tasks: [
    new Task({ ...texts, name: 'inventory' }),
    codeTask('dependencies'),
    new Task({ ...texts, name: 'architecture', context: ['inventory'], dependsOn: ['dependencies'] }),
    new Task({ ...texts, name: 'risks', context: ['inventory', optional('dependencies')] }),
    new Task({
      ...texts,
      agent: writer,
      name: 'brief',
      description: '{{tasks.architecture.output}}',
      context: ['architecture', 'risks'],
    }),
  ],
});

test('a plan tells who works what, in which layer, and what waits for what and why', () => {
  const plan = planned(brief);
  const unknown = { readsEarlier: false, expectedMs: null, review: false };
  expect(plan.tasks[1]).toEqual({ name: 'dependencies', agent: null, code: true, layer: 0, ...unknown });
  expect(plan.tasks[4]).toEqual({ name: 'brief', agent: 'Writer', code: false, layer: 2, ...unknown });
  expect(plan.edges).toEqual([
    { from: 'inventory', to: 'architecture', reasons: ['context'], optional: false },
    { from: 'inventory', to: 'risks', reasons: ['context'], optional: false },
    { from: 'dependencies', to: 'architecture', reasons: ['dependsOn'], optional: false },
    { from: 'dependencies', to: 'risks', reasons: ['context'], optional: true },
    { from: 'architecture', to: 'brief', reasons: ['context', 'template'], optional: false },
    { from: 'risks', to: 'brief', reasons: ['context'], optional: false },
  ]);
  expect(plan.layers).toEqual([['inventory', 'dependencies'], ['architecture', 'risks'], ['brief']]);
  expect(plan.criticalPath).toEqual({ tasks: ['inventory', 'architecture', 'brief'], length: 3, unit: 'tasks' });
  expect(plan.width).toBe(2);
});

test('a plan is frozen all the way down, and its JSON is its data', () => {
  const plan = planned(brief);
  const parts = [plan, plan.tasks, plan.tasks[0], plan.edges, plan.edges[0], plan.edges[0]?.reasons, plan.layers];
  for (const part of [...parts, plan.layers[0], plan.criticalPath, plan.criticalPath.tasks]) {
    expect(Object.isFrozen(part)).toBe(true);
  }
  const { toText, toMermaid, toJSON, ...data } = plan;
  expect(JSON.parse(JSON.stringify(plan))).toEqual(data);
  expect([toText, toMermaid, toJSON].map((draw) => typeof draw)).toEqual(['function', 'function', 'function']);
});

test('the text shows each layer as a bracket, with agents, what is waited for, and the critical path', () => {
  expect(planned(brief).toText()).toMatchInlineSnapshot(`
    "repo-brief · parallel · 5 tasks, 6 edges

    1 ┬─● inventory     Surveyor
      └─○ dependencies  (code)
    2 ┬─● architecture  Surveyor  after inventory, dependencies
      └─○ risks         Surveyor  after inventory, dependencies (optional)
    3 ──● brief         Writer    after architecture, risks

    critical path ●  inventory → architecture → brief (3 tasks)
    width            2: so many at once when all take equally long"
  `);
});

test('the text of a sequential crew is a list', () => {
  const crew = crewOf({
    process: 'sequential',
    agents: [surveyor],
    tasks: [
      new Task({ ...texts, name: 'collect', expectedMs: 2_500 }),
      new Task({ ...texts, name: 'write', expectedMs: 60_000 }),
      new Task({ ...texts, name: 'check', context: ['collect'] }),
      new Task({ ...texts, name: 'print', context: [], expectedMs: 300 }),
    ],
  });
  expect(planned(crew).toText()).toMatchInlineSnapshot(`
    "newsroom · sequential · 4 tasks, 4 edges

    1 ──● collect  Surveyor
    2 ──● write    Surveyor  reads all before it
    3 ──● check    Surveyor  after collect
    4 ──● print    Surveyor  after check

    critical path ●  collect → write → check → print (about 83.7 s)
    width            1: one task after another"
  `);
});

test('the text of a hierarchical crew shows who delegates to whom', () => {
  const crew = crewOf({
    process: 'hierarchical',
    agents: [surveyor],
    tasks: [new Task({ ...texts, name: 'given' }), new Task({ name: 'free', description: 'd', expectedOutput: 'e' })],
  });
  expect(planned(crew).toText()).toMatchInlineSnapshot(`
    "newsroom · hierarchical · 2 tasks, 0 edges

    1 ┬─● given  manager → Surveyor
      └─○ free   manager → anyone

    critical path ●  given (1 task)
    width            2: so many at once when all take equally long"
  `);
});

test('long lists and long or broken names are cut in the text', () => {
  const agent = agentNamed('One who\nwrites and writes and never comes to an end');
  const wide = Array.from({ length: 12 }, (_, id) => codeTask(`t${id}`));
  const join = new Task({ ...texts, agent, name: 'join', dependsOn: wide.map((task) => task.name) });
  const chain = Array.from({ length: 20 }, (_, id) => codeTask(`c${id}`, id === 0 ? ['join'] : [`c${id - 1}`]));
  const text = planned(crewOf({ tasks: [...wide, join, ...chain] })).toText();
  expect(text).toContain('One who writes and writes and n… ');
  expect(text).toContain('after t0, t1, t2, t3, t4, t5 and 6 more');
  expect(text).toContain('t0 → join → c0 → c1 → c2 → c3 → … 14 more … → c18 → c19 (22 tasks)');
});

test('Mermaid shows agent tasks as boxes, code tasks with double sides, optional edges dotted', () => {
  expect(planned(brief).toMermaid()).toMatchInlineSnapshot(`
    "flowchart TD
      t0["inventory<br/>Surveyor"]
      t1[["dependencies"]]
      t2["architecture<br/>Surveyor"]
      t3["risks<br/>Surveyor"]
      t4["brief<br/>Writer"]
      t0 --> t2
      t0 --> t3
      t1 --> t2
      t1 -.-> t3
      t2 --> t4
      t3 --> t4"
  `);
});

test('the order of a sequential crew is drawn with whole lines', () => {
  const crew = crewOf({ process: 'sequential', tasks: [codeTask('a'), codeTask('b')] });
  expect(planned(crew).toMermaid()).toContain('t0 --> t1');
});

test('no name breaks the Mermaid drawing', () => {
  fc.assert(
    fc.property(
      fc.string({ minLength: 1, unit: 'binary' }).filter((name) => name.trim() !== ''),
      (name) => {
        const agent = agentNamed(name);
        const crew = crewOf({ agents: [agent], tasks: [new Task({ ...texts, agent, name: 'end' })] });
        const lines = planned(crew).toMermaid().split('\n');
        expect(lines).toHaveLength(2);
        expect(lines[1]).toMatch(/^ {2}t0\["end<br\/>(?:[\p{L}\p{N} _.,:()/-]|#\d+;)*"\]$/u);
      },
    ),
    { numRuns: RUNS },
  );
  const agent = agentNamed('"Ann" <b> & `co` #1; %%{x}%%');
  const crew = crewOf({ agents: [agent], tasks: [new Task({ ...texts, agent, name: 'a' })] });
  expect(planned(crew).toMermaid()).toBe(
    'flowchart TD\n  t0["a<br/>#34;Ann#34; #60;b#62; #38; #96;co#96; #35;1#59; #37;#37;#123;x#125;#37;#37;"]',
  );
});

test('layers respect every edge and hold every task once; the width is the largest', () => {
  fc.assert(
    fc.property(wirings({ cycles: false }), (wiring) => {
      const plan = planned(wiredCrew(wiring));
      const layer = new Map(plan.tasks.map((task) => [task.name, task.layer]));
      expect(plan.layers.flat().sort()).toEqual(plan.tasks.map((task) => task.name).sort());
      plan.layers.forEach((names, at) => {
        expect(names.length).toBeGreaterThan(0);
        expect(names.length).toBeLessThanOrEqual(plan.width);
        for (const name of names) expect(layer.get(name)).toBe(at);
      });
      wiring.waits.forEach((list, id) => {
        const before = list.map((source) => layer.get(`t${source}`) ?? -1);
        expect(layer.get(`t${id}`)).toBe(Math.max(-1, ...before) + 1);
      });
    }),
    { numRuns: RUNS },
  );
});

test('the critical path is a path, and no path is longer', () => {
  fc.assert(
    fc.property(wirings({ cycles: false }), (wiring) => {
      const { waits, durations } = wiring;
      const { criticalPath } = planned(wiredCrew(wiring));
      const known = durations.filter((value) => value !== undefined);
      const mean = known.length === 0 ? 1 : known.reduce((sum, value) => sum + value, 0) / known.length;
      const lengthOf = (id: number): number => durations[id] ?? mean;
      const longest = (id: number): number => lengthOf(id) + Math.max(0, ...(waits[id] ?? []).map(longest));
      const ids = criticalPath.tasks.map((name) => Number(name.slice(1)));
      ids.slice(1).forEach((id, at) => {
        expect(waits[id]).toContain(ids[at]);
      });
      expect(criticalPath.unit).toBe(known.length === 0 ? 'tasks' : 'ms');
      expect(ids.reduce((sum, id) => sum + lengthOf(id), 0)).toBeCloseTo(criticalPath.length, 6);
      expect(criticalPath.length).toBeCloseTo(Math.max(...waits.map((_, id) => longest(id))), 6);
    }),
    { numRuns: RUNS },
  );
});

test('a plan says which tasks wait for a person', () => {
  const draft = new Task({ name: 'draft', execute: () => 'a draft', humanReview: true });
  const print = new Task({ name: 'print', execute: () => 'printed', humanReview: { timeoutMs: 5 }, context: [draft] });
  const plan = new Crew({ name: 'desk', tasks: [draft, print] }).plan();
  expect(plan.tasks.map(({ review }) => review)).toEqual([true, true]);
  expect(plan.toText()).toContain('draft  (code)  waits for a person');
  expect(plan.toText()).toContain('print  (code)  after draft · waits for a person');
  expect(plan.toMermaid()).toContain('[["draft<br/>waits for a person"]]');
});
