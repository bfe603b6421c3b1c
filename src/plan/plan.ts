import type { CrewData } from '../definition.ts';
import type { Learnt } from '../spec/learnt.ts';
import { roundUsd } from '../usage.ts';
import { durationOf, durationsOf } from './durations.ts';
import { reasonsOf } from './edges.ts';
import type { Graph } from './graph.ts';
import { makespan } from './makespan.ts';
import type { CriticalPath, Expected, PlanData, PlannedEdge } from './plan-data.ts';
import { planMermaid } from './plan-mermaid.ts';
import { planText } from './plan-text.ts';
import { priorities } from './priorities.ts';
import { topologicalOrder } from './topological-order.ts';

/** What a crew is going to do, before anything is spent. Frozen. */
export interface Plan extends PlanData {
  /** A drawing for a terminal: a line a task. */
  toText(): string;
  /** A flow chart for https://mermaid.js.org, as Markdown on GitHub and elsewhere shows it. */
  toMermaid(): string;
  toJSON(): PlanData;
}

/** Draws up the plan of a crew whose graph has no cycle, and of how long it will take where earlier runs tell. */
export function planOf(graph: Graph, crew: CrewData, learnt?: Learnt): Plan {
  const layerOf = layersOf(graph);
  const layers = layerNames(graph, layerOf);
  const tasks = graph.tasks.map((task, id) =>
    Object.freeze({
      name: task.name,
      agent: task.agent?.name ?? null,
      code: task.execute !== undefined,
      layer: layerOf[id] ?? 0,
      readsEarlier: graph.readsEarlier(id),
      expectedMs: durationOf(task, learnt) ?? null,
      review: task.humanReview !== undefined,
    }),
  );
  const data: PlanData = Object.freeze({
    crew: crew.name,
    process: crew.process,
    tasks: Object.freeze(tasks),
    edges: Object.freeze(edgesOf(graph)),
    layers,
    criticalPath: criticalPathOf(graph, learnt),
    width: layers.reduce((most, layer) => Math.max(most, layer.length), 0),
    expected: learnt === undefined ? null : expectedOf(graph, crew, learnt),
  });
  return Object.freeze({
    ...data,
    toText: () => planText(data),
    toMermaid: () => planMermaid(data),
    toJSON: () => data,
  });
}

/** By id: how many tasks the longest path to it has before it. */
function layersOf(graph: Graph): Int32Array {
  const { starts, targets } = graph;
  const layerOf = new Int32Array(graph.size);
  for (const id of topologicalOrder(graph)) {
    const below = (layerOf[id] ?? 0) + 1;
    const end = starts[id + 1] ?? 0;
    for (let edge = starts[id] ?? 0; edge < end; edge += 1) {
      const target = targets[edge] ?? 0;
      if ((layerOf[target] ?? 0) < below) layerOf[target] = below;
    }
  }
  return layerOf;
}

function layerNames(graph: Graph, layerOf: Int32Array): readonly (readonly string[])[] {
  const layers: string[][] = [];
  graph.tasks.forEach((task, id) => {
    const at = layerOf[id] ?? 0;
    while (layers.length <= at) layers.push([]);
    layers[at]?.push(task.name);
  });
  return Object.freeze(layers.map((layer) => Object.freeze(layer)));
}

function edgesOf(graph: Graph): PlannedEdge[] {
  const edges: PlannedEdge[] = [];
  graph.tasks.forEach((task, id) => {
    const end = graph.starts[id + 1] ?? 0;
    for (let edge = graph.starts[id] ?? 0; edge < end; edge += 1) {
      edges.push(
        Object.freeze({
          from: task.name,
          to: graph.tasks[graph.targets[edge] ?? 0]?.name ?? '',
          reasons: Object.freeze(reasonsOf(graph.reasons[edge] ?? 0)),
          optional: graph.optionalEdges[edge] === 1,
        }),
      );
    }
  });
  return edges;
}

/** From the task with the longest path ahead always on to the dependant with the longest; ties go to the one declared first. */
function criticalPathOf(graph: Graph, learnt: Learnt | undefined): CriticalPath {
  const ahead = priorities(graph, learnt);
  const path: string[] = [];
  let at = -1;
  let length = 0;
  for (let id = 0; id < graph.size; id += 1) {
    if (at >= 0 && (ahead[id] ?? 0) <= length) continue;
    at = id;
    length = ahead[id] ?? 0;
  }
  while (at >= 0) {
    path.push(graph.tasks[at]?.name ?? '');
    const end = graph.starts[at + 1] ?? 0;
    let next = -1;
    for (let edge = graph.starts[at] ?? 0; edge < end; edge += 1) {
      const target = graph.targets[edge] ?? 0;
      if (next < 0 || (ahead[target] ?? 0) > (ahead[next] ?? 0)) next = target;
    }
    at = next;
  }
  return Object.freeze({ tasks: Object.freeze(path), length, unit: durationsOf(graph.tasks, learnt).unit });
}

function expectedOf(graph: Graph, { maxConcurrency = Number.POSITIVE_INFINITY }: CrewData, learnt: Learnt): Expected {
  const { values: durations } = durationsOf(graph.tasks, learnt);
  const wallMs = makespan(graph, { durations, priorities: priorities(graph, learnt), limit: maxConcurrency });
  let costUsd: number | null = 0;
  for (const { name, execute } of graph.tasks) {
    const cost: number | null = learnt.tasks.get(name)?.costUsd ?? (execute === undefined ? null : 0);
    costUsd = costUsd === null || cost === null ? null : costUsd + cost;
  }
  const guessed = graph.tasks.filter((task) => durationOf(task, learnt) === undefined).length;
  return Object.freeze({ wallMs, costUsd: costUsd === null ? null : roundUsd(costUsd), runs: learnt.runs, guessed });
}
