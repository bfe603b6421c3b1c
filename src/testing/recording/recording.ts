import { CrewError } from '../../errors.ts';
import type { Model, ModelCallOptions, ModelRequest } from '../../spec/model.ts';
import { explainMiss } from './miss.ts';
import {
  hashOf,
  type RecordedCall,
  type RecordedModels,
  type RecordedRequest,
  type RecordedTraits,
  type RecordingData,
  requestOf,
} from './recorded-call.ts';
import { callText } from './recorded-json.ts';
import { beginWriting, checkWritable, invalid, readRecording, writeRecording } from './recording-file.ts';
import { Saver, saveWaiting } from './saver.ts';

/** `record` asks the models and writes a new file; `replay` asks nobody; `auto` replays what is there, and records the rest. */
export type RecordingMode = 'record' | 'replay' | 'auto';

/** A call as a recording looks for it. */
export interface Wanted {
  readonly key: string;
  readonly agent: string;
  readonly model: string;
  readonly hash: string;
  readonly request: RecordedRequest;
}

/** A recorded call, and whether it has been replayed. */
interface Entry {
  readonly call: RecordedCall;
  /** As it stands in the file. */
  readonly text: string;
  /** When it was begun, among those of this run; below those, the order of the file. */
  readonly order: number;
  used: boolean;
  /** Whether its call was made with another request, so that it was of no use. */
  differed: boolean;
}

/** One file of recorded calls. */
export class Recording {
  readonly file: string;
  readonly mode: RecordingMode;
  replayed = 0;
  recorded = 0;
  /** By key: each call of a run has its own, so no other task can come between. */
  readonly #entries = new Map<string, Entry[]>();
  /** As they stand in the file. */
  readonly #keys: string[] = [];
  readonly #saver: Saver;
  readonly #models = new Map<string, RecordedTraits>();
  #begun = 0;

  constructor(file: string, mode: RecordingMode) {
    this.file = file;
    this.mode = mode;
    this.#saver = new Saver(file, {
      write: () => writeRecording(file, this.#models, this.#texts()),
      begin: () => beginWriting(file, this.#models, this.#texts()),
    });
    // One of this process may have more than the file has.
    saveWaiting(file);
    const data = mode === 'record' ? undefined : readRecording(file);
    if (data !== undefined) this.#load(data);
    else if (mode === 'replay') throw invalid(file, 'does not exist. Record it first: mode "record", or --record.');
    if (mode !== 'replay') checkWritable(file);
  }

  /** The models whose calls it holds. */
  get models(): RecordedModels {
    return this.#models;
  }

  /** What this call is known by. */
  wanted(model: Model, request: ModelRequest, { key, agent }: ModelCallOptions): Wanted {
    const kept = requestOf(request);
    return { key, agent, model: model.name, hash: hashOf(kept), request: kept };
  }

  /** The recorded answer to a call: the first that has not been given yet. Undefined when there is none. */
  take(wanted: Wanted): RecordedCall | undefined {
    const entry = this.#entries.get(wanted.key)?.find((one) => !one.used && this.#fits(one, wanted));
    if (entry === undefined) return undefined;
    entry.used = true;
    this.replayed += 1;
    return entry.call;
  }

  /** A place in the order of calls, for one that is about to be made. */
  begin(): number {
    this.#begun += 1;
    return this.#begun;
  }

  /** Keeps how a call was answered, and writes the file soon. @throws {CrewError} `RECORDING_INVALID` when that fails, or did. */
  keep(call: RecordedCall, order: number, model: Model): void {
    this.recorded += 1;
    const { name, jsonSchema, contextWindow } = model;
    this.#models.set(name, { jsonSchema: jsonSchema === true, ...(contextWindow !== undefined && { contextWindow }) });
    this.#add({ call, text: callText(call), order, used: true, differed: false });
    this.#saver.changed();
  }

  /** Resolves when everything is written. @throws {CrewError} `RECORDING_INVALID` when that fails. */
  saved(): Promise<void> {
    return this.#saver.saved();
  }

  /** The calls, as they stand in the file. */
  #texts(): readonly string[] {
    return this.#keys.flatMap((key) => (this.#entries.get(key) ?? []).map(({ text }) => text));
  }

  /** The error of a call that has no recorded answer. */
  miss(wanted: Wanted, { runId, taskName, agent }: ModelCallOptions): CrewError {
    const entries = this.#entries.get(wanted.key) ?? [];
    const fitting = entries.filter((entry) => this.#fits(entry, wanted));
    const alike = fitting.length > 0 ? fitting : [...entries].sort((a, b) => Number(a.used) - Number(b.used));
    const [likeliest] = alike;
    if (likeliest !== undefined) likeliest.differed = true;
    const message = explainMiss({
      file: this.file,
      key: wanted.key,
      agent,
      request: wanted.request,
      alike: alike.map(({ call }) => call),
      usedUp: fitting.length > 0,
      keys: this.#entries.keys(),
    });
    return new CrewError('RECORDING_MISS', message, { runId, taskName, agent });
  }

  /** The keys of recorded calls that nobody has asked for, or that were asked for with another request only. */
  unused({ differed }: { readonly differed: boolean }): readonly string[] {
    const left = [...this.#entries.values()].flat().filter((entry) => !entry.used && entry.differed === differed);
    return left.map(({ call }) => call.key);
  }

  /** Another model may stand in for those that were recorded; but where it was recorded itself, its calls are its own. */
  #fits({ call }: Entry, { hash, model }: Wanted): boolean {
    return call.hash === hash && (call.model === model || !this.#models.has(model));
  }

  #load({ models, calls }: RecordingData): void {
    for (const [name, about] of models) this.#models.set(name, about);
    for (const [index, call] of calls.entries()) {
      this.#add({ call, text: callText(call), order: index - calls.length, used: false, differed: false });
    }
  }

  #add(entry: Entry): void {
    const { key } = entry.call;
    const entries = this.#entries.get(key);
    if (entries === undefined) {
      this.#entries.set(key, [entry]);
      insert(this.#keys, key, compareKeys);
    } else {
      insert(entries, entry, compare);
    }
  }
}

/** Puts a value into a sorted list, after those that are equal. */
function insert<T>(list: T[], value: T, order: (a: T, b: T) => number): void {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    const other = list[middle];
    if (other !== undefined && order(other, value) <= 0) low = middle + 1;
    else high = middle;
  }
  list.splice(low, 0, value);
}

/** Calls of one key: by model and request, then in the order made, which is the same in every run for the attempts of a call. */
function compare(a: Entry, b: Entry): number {
  const [one, other] = [`${a.call.model} ${a.call.hash}`, `${b.call.model} ${b.call.hash}`];
  return one === other ? a.order - b.order : one < other ? -1 : 1;
}

const BY_NUMBER = new Intl.Collator('en', { numeric: true });

/** Turn 2 before turn 10. */
function compareKeys(a: string, b: string): number {
  return BY_NUMBER.compare(a, b) || (a < b ? -1 : 1);
}
