import type { Graph } from '../plan/graph.ts';
import type { OutcomeLookup, TaskCtx } from '../spec/engine.ts';
import type { Json, JsonObject } from '../spec/json.ts';
import type { TaskOutcome } from '../spec/outcome.ts';
import type { TaskView } from '../task-shape.ts';

/** The output of an earlier task as it stands in a prompt. */
export interface ContextBlock {
  readonly name: string;
  readonly text: string;
}

/**
 * What one task reads: the run's inputs and the outputs of others. Worked out when first read, since a sequential task
 * without `context` could read everything earlier, and most code never does.
 */
export class TaskReading implements TaskView<JsonObject> {
  readonly inputs: JsonObject;
  readonly #graph: Graph;
  readonly #id: number;
  readonly #outcome: OutcomeLookup;
  #context: JsonObject | undefined;
  #tainted = false;

  constructor(graph: Graph, id: number, source: { readonly inputs: JsonObject; readonly outcome: OutcomeLookup }) {
    this.inputs = source.inputs;
    this.#graph = graph;
    this.#id = id;
    this.#outcome = source.outcome;
  }

  /** True once an output was read that was made with text from outside. */
  get tainted(): boolean {
    return this.#tainted;
  }

  /** Outputs by task name; null for one that has none. */
  get context(): JsonObject {
    if (this.#context === undefined) {
      const context: { [name: string]: Json } = {};
      for (const { name } of this.#graph.contextOf(this.#id)) context[name] = this.#outputOf(name);
      this.#context = context;
    }
    return this.#context;
  }

  /** The same as texts, for a prompt. An optional task without an output says null; an earlier one nobody named is left out. */
  blocks(): readonly ContextBlock[] {
    const blocks: ContextBlock[] = [];
    const unnamed = this.#graph.readsEarlier(this.#id);
    for (const { name } of this.#graph.contextOf(this.#id)) {
      const outcome = this.#read(name);
      if (outcome?.status === 'done') blocks.push({ name, text: outcome.raw });
      else if (!unnamed) blocks.push({ name, text: 'null' });
    }
    return blocks;
  }

  /** What the task's own templates are filled from: the inputs, and `tasks` where a template names one. */
  variables(): JsonObject {
    const references = this.#graph.referencesOf(this.#id);
    if (references.length === 0) return variablesOf(this.inputs);
    const tasks: { [name: string]: Json } = {};
    for (const id of references) {
      const name = this.#graph.tasks[id]?.name ?? '';
      tasks[name] = { output: this.#outputOf(name), raw: this.#read(name)?.raw ?? '' };
    }
    return { ...variablesOf(this.inputs), tasks };
  }

  #outputOf(name: string): Json {
    const outcome = this.#read(name);
    return outcome?.status === 'done' ? outcome.output : null;
  }

  #read(name: string): TaskOutcome | undefined {
    const outcome = this.#outcome(name);
    if (outcome?.tainted === true) this.#tainted = true;
    return outcome;
  }
}

const variables = new WeakMap<JsonObject, JsonObject>();

/** What templates are filled from: each input by its name, and all of them as `inputs`. */
export function variablesOf(inputs: JsonObject): JsonObject {
  let known = variables.get(inputs);
  if (known === undefined) {
    known = { ...inputs, inputs };
    variables.set(inputs, known);
  }
  return known;
}

const NO_OUTCOMES: OutcomeLookup = () => undefined;
const ofInputs = new WeakMap<JsonObject, TaskReading>();

/** Tasks that wait for no other read the same: one object serves all of a run. */
function readsNothing(graph: Graph, id: number, inputs: JsonObject): TaskReading {
  let reading = ofInputs.get(inputs);
  if (reading === undefined) {
    reading = new TaskReading(graph, id, { inputs, outcome: NO_OUTCOMES });
    ofInputs.set(inputs, reading);
  }
  return reading;
}

/** Fetches what a task reads: at once where the engine has it at hand, and at no cost for one that reads no other. */
export function readTask(
  graph: Graph,
  id: number,
  run: { readonly ctx: TaskCtx; readonly inputs: JsonObject },
): TaskReading | Promise<TaskReading> {
  const { ctx, inputs } = run;
  const earlier = graph.readsEarlier(id);
  if (!earlier && graph.inDegrees[id] === 0) return readsNothing(graph, id, inputs);
  const outcome = ctx.outcomes(earlier ? undefined : () => namesRead(graph, id));
  if (typeof outcome === 'function') return new TaskReading(graph, id, { inputs, outcome });
  return outcome.then((fetched) => new TaskReading(graph, id, { inputs, outcome: fetched }));
}

function namesRead(graph: Graph, id: number): readonly string[] {
  const references = graph.referencesOf(id).map((other) => graph.tasks[other]?.name ?? '');
  return [...graph.contextOf(id).map((entry) => entry.name), ...references];
}
