import { CrewError } from '../errors.ts';
import { call, checkOptions, oneOf, placeOf, refuse, text } from '../internal/checks.ts';
import type { Model, ModelRoute } from '../spec/model.ts';
import { ModelOnTape } from './recording/model-on-tape.ts';
import { Recording, type RecordingMode } from './recording/recording.ts';

export type { RecordingMode };

/** What `recordedModel` is told. */
export interface RecordedModelOptions {
  readonly mode: RecordingMode;
  /** The model whose answers are recorded. Not needed for `replay`. */
  readonly model?: Model;
}

/** A model whose calls are recorded in a file, or replayed from it. */
export interface RecordedModel extends Model {
  /** Another model with its calls in the same file, for a crew whose agents work with different ones. */
  of(model: Model): Model;
  /** Calls answered from the file so far, and calls written to it. */
  readonly replayed: number;
  readonly recorded: number;
  /** The models whose calls the file holds, by name. */
  readonly models: readonly string[];
  /** Calls in the file that nobody has asked for. One that was asked for with another request is not among them. */
  readonly unused: readonly string[];
  /** Resolves when the file holds every call answered so far. @throws {CrewError} `RECORDING_INVALID` when it cannot be written. */
  saved(): Promise<void>;
  /** @throws {CrewError} `RECORDING_MISS` naming the recorded calls that nobody asked for as they were recorded. */
  verify(): void;
}

const RULES = {
  mode: oneOf('record', 'replay', 'auto'),
  model: (value: unknown) =>
    call(Object(value).generate) === undefined ? undefined : 'a model, such as openai({ … })',
};

/**
 * A model that records how another one answers, and replays it without that one: no key, no network, the same each time.
 *
 * `record` asks the model and writes a new file, `replay` never asks it, `auto` replays what the file has and records the
 * rest. Calls are told apart by task, by their place in it and by what is asked, so that tasks side by side replay the same in
 * whatever order they come. Errors are recorded too, and pieces of a stream stay pieces. A replay waits for nothing: neither
 * before it tries again nor where a recorded error asked it to.
 *
 * The file is JSON for people to read, for its owner only. It is written as a whole now and then, beside the run's own work (the old
 * one stays until then): wait for `saved()` before you read it. A new `recordedModel` of the same process and the end of the process see to that themselves.
 * Known secrets and what looks like a key do not reach it. Use one object a file, and a new one for each replay.
 *
 * ```ts
 * const model = recordedModel('test/report.json', { mode: process.env['RECORD'] ? 'record' : 'replay', model: openai({ model: 'gpt-5-mini' }) });
 * const editor = new Agent({ …, model: model.of(openai({ model: 'gpt-5' })) });
 * const crew = new Crew({ …, agents: [writer, editor], model });
 * ```
 * @throws {DefinitionError} for wrong options. @throws {CrewError} `RECORDING_INVALID` for a file that is missing, broken or
 * no recording, naming the place; and when it cannot be written. A call that was not recorded throws `RECORDING_MISS`, with
 * what is different.
 */
export function recordedModel(file: string, options: RecordedModelOptions): RecordedModel {
  const place = placeOf('recorded model', file);
  const problems = checkOptions(place, options, RULES, ['mode']);
  if (text(file) !== undefined) problems.push({ code: 'OPTION_INVALID', place, message: 'needs the path of a file.' });
  refuse(problems, place);
  return new Recorder(new Recording(file, options.mode), options.model);
}

class Recorder extends ModelOnTape implements RecordedModel {
  readonly of: (model: Model) => Model;
  readonly #recording: Recording;

  constructor(recording: Recording, model: Model | undefined) {
    // One object for one model: limits belong to objects.
    const known = new WeakMap<Model, Model>();
    const of = (other: Model): Model => {
      if (other instanceof ModelOnTape) return other;
      const taped = known.get(other) ?? new ModelOnTape(recording, other, { isReal: true, route: routeOf(other, of) });
      known.set(other, taped);
      return taped;
    };
    super(recording, model ?? nobody(recording), { isReal: model !== undefined, route: routeOf(model, of) });
    if (model !== undefined) known.set(model, this);
    this.of = of;
    this.#recording = recording;
  }

  get replayed(): number {
    return this.#recording.replayed;
  }

  get recorded(): number {
    return this.#recording.recorded;
  }

  get models(): readonly string[] {
    return [...this.#recording.models.keys()];
  }

  get unused(): readonly string[] {
    return this.#recording.unused({ differed: false });
  }

  saved(): Promise<void> {
    return this.#recording.saved();
  }

  verify(): void {
    const differed = this.#recording.unused({ differed: true }).map((key) => `- ${key} (with another request)`);
    const list = [...this.unused.map((key) => `- ${key}`), ...differed];
    if (list.length === 0) return;
    const what = list.length === 1 ? 'a call that nobody' : `${list.length} calls that nobody`;
    const message = `The recording ${this.#recording.file} holds ${what} asked for:\n${list.join('\n')}`;
    throw new CrewError('RECORDING_MISS', message);
  }
}

/** A model made of others calls those: each of them is recorded. */
function routeOf(model: Model | undefined, of: (model: Model) => Model): ModelRoute | undefined {
  switch (model?.route?.kind) {
    case undefined:
      return undefined;
    case 'fallback':
      return { kind: 'fallback', models: model.route.models.map(of) };
    case 'hedge':
      return { ...model.route, model: of(model.route.model) };
  }
}

/** Stands in for the model that was recorded, where none is given. */
function nobody({ models }: Recording): Model {
  const [only] = models;
  const [name = 'recorded', about] = models.size === 1 && only !== undefined ? only : [];
  // Never asked: a replay asks nobody, and whoever wants to record is told that a model is missing.
  return { name, jsonSchema: false, ...about, async *generate() {} };
}
