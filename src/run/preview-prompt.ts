import { CrewError } from '../errors.ts';
import { isJson, isObject } from '../internal/json.ts';
import { didYouMean } from '../internal/suggest.ts';
import type { Json, JsonObject } from '../spec/json.ts';
import type { Message } from '../spec/message.ts';
import type { CompiledCrew } from './compiled-crew.ts';
import { beginningOf, firstMessages, type PromptSource } from './messages.ts';
import { previewInputs } from './prepare-inputs.ts';
import { variablesOf } from './task-reading.ts';

/** What a preview is made from. */
export interface Preview {
  readonly inputs?: Json;
  readonly outputs?: { readonly [task: string]: unknown };
}

/**
 * The messages that a task's agent would begin with. The outputs of earlier tasks are those given; in the place of
 * others stand placeholders in the shape of the task's schema.
 */
export function previewPrompt(crew: CompiledCrew, name: string, preview: Preview): readonly Message[] {
  const { graph, data } = crew;
  const id = graph.ids.get(name) ?? -1;
  const task = graph.tasks[id];
  if (task === undefined) {
    throw new CrewError(
      'TASK_UNKNOWN',
      `Crew "${data.name}" has no task "${name}".${didYouMean(name, graph.ids.keys())}`,
    );
  }
  if (task.execute !== undefined) {
    throw new CrewError('TASK_UNKNOWN', `Task "${name}" is done by code: no model is asked, so there is no prompt.`);
  }
  refuseUnknown(crew, preview.outputs ?? {});
  const inputs = previewInputs(crew, preview.inputs ?? {});
  const reading = previewReading(crew, id, { inputs, outputs: preview.outputs ?? {} });
  return firstMessages(crew, beginningOf(crew, task, reading), { runId: 'preview', key: task.name });
}

/** @throws {CrewError} `TASK_UNKNOWN` for an output of a task that the crew does not have, which nothing would read. */
function refuseUnknown({ graph, data }: CompiledCrew, outputs: { readonly [task: string]: unknown }): void {
  const unknown = Object.keys(outputs).find((name) => !graph.ids.has(name));
  if (unknown === undefined) return;
  const message = `outputs.${unknown}: crew "${data.name}" has no task "${unknown}".`;
  throw new CrewError('TASK_UNKNOWN', `${message}${didYouMean(unknown, graph.ids.keys())}`);
}

function previewReading(
  { graph }: CompiledCrew,
  id: number,
  given: { readonly inputs: JsonObject; readonly outputs: { readonly [task: string]: unknown } },
): PromptSource {
  const outputOf = (other: number): Json => {
    const task = graph.tasks[other];
    const name = task?.name ?? '';
    const output = Object.hasOwn(given.outputs, name) ? given.outputs[name] : undefined;
    if (output === undefined) return sample(task?.outputSchema, `${name}.output`);
    if (isJson(output)) return output;
    throw new CrewError('OUTPUT_NOT_JSON', `outputs.${name} is not JSON.`);
  };
  const rawOf = (other: number): string => {
    const output = outputOf(other);
    return typeof output === 'string' ? output : JSON.stringify(output);
  };
  return {
    inputs: given.inputs,
    blocks: () => graph.contextOf(id).map((entry) => ({ name: entry.name, text: rawOf(entry.id) })),
    variables() {
      const named = graph
        .referencesOf(id)
        .map((other) => [graph.tasks[other]?.name ?? '', { output: outputOf(other), raw: rawOf(other) }]);
      return { ...variablesOf(given.inputs), ...(named.length > 0 && { tasks: Object.fromEntries(named) }) };
    },
  };
}

/** Something in the shape of a schema that says what will stand there: `‹research.output.items›`. */
function sample(schema: unknown, path: string): Json {
  if (isObject(schema) && isObject(schema['properties'])) {
    return Object.fromEntries(
      Object.entries(schema['properties']).map(([key, field]) => [key, sample(field, `${path}.${key}`)]),
    );
  }
  if (isObject(schema) && schema['type'] === 'array') return [sample(schema['items'], `${path}[0]`)];
  return `‹${path}›`;
}
