import { isJsonObject } from '../internal/json.ts';
import type { FingerprintOf, FingerprintSource } from '../spec/fingerprint.ts';
import type { JsonObject } from '../spec/json.ts';
import type { CompiledCrew } from './compiled-crew.ts';
import { factsOf } from './task-facts.ts';

/**
 * What tells one outcome of a task from another: what the task is, the inputs that it can see, and the outputs that it reads.
 * A task that only has to come after another follows from whether that was done, not from its output.
 */
export function fingerprintsOf(crew: CompiledCrew, source: FingerprintSource): FingerprintOf {
  const { graph } = crew;
  const { digest } = source;
  const inputs = isJsonObject(source.input) ? source.input : {};
  const allInputs = digest(textOf(inputs, Object.keys(inputs).sort()));
  const outputs = new Outputs(crew, source);
  return (key) => {
    const id = graph.ids.get(key) ?? -1;
    const { definition, inputs: seen } = factsOf(crew, id);
    return digest(
      JSON.stringify([
        digest(definition),
        seen === undefined ? allInputs : textOf(inputs, seen),
        graph.readsEarlier(id) ? outputs.before(id) : graph.contextOf(id).map(({ name }) => [name, outputs.of(name)]),
        graph.referencesOf(id).map((other) => [other, outputs.of(graph.tasks[other]?.name ?? '')]),
        graph.tasks[id]?.dependsOn.map(({ name }) => [name, source.outcome(name)?.status === 'done']),
      ]),
    );
  };
}

/** Some of the inputs, in this order: which came first when they were given says nothing. */
function textOf(inputs: JsonObject, names: readonly string[]): string {
  return JSON.stringify(names.filter((name) => Object.hasOwn(inputs, name)).map((name) => [name, inputs[name]]));
}

/** Digests of what has been put out, each made once. */
class Outputs {
  readonly #crew: CompiledCrew;
  readonly #source: FingerprintSource;
  readonly #digests = new Map<string, string>();
  /** By id: of all outputs before it. Made one from another, so that a long row of tasks costs each as much as the first. */
  readonly #before: string[] = [''];

  constructor(crew: CompiledCrew, source: FingerprintSource) {
    this.#crew = crew;
    this.#source = source;
  }

  /** Nothing for a task that has no output. */
  of(name: string): string {
    const known = this.#digests.get(name);
    if (known !== undefined) return known;
    const outcome = this.#source.outcome(name);
    if (outcome?.status !== 'done') return '';
    const { output, raw, tainted } = outcome;
    const made = this.#source.digest(JSON.stringify([output, raw === output ? null : raw, tainted]));
    this.#digests.set(name, made);
    return made;
  }

  before(id: number): string {
    for (let at = this.#before.length; at <= id; at += 1) {
      const name = this.#crew.graph.tasks[at - 1]?.name ?? '';
      this.#before[at] = this.#source.digest(JSON.stringify([this.#before[at - 1], name, this.of(name)]));
    }
    return this.#before[id] ?? '';
  }
}
