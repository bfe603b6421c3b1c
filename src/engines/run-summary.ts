import { isJsonObject, parseJson } from '../internal/json.ts';
import type { Json } from '../spec/json.ts';

/** How far a run is: for a list, so nothing of it is checked. */
export interface RunProgress {
  /** Of how many tasks; 0 where that is not known. */
  readonly tasks: number;
  readonly done: number;
  /** What its tasks cost so far, those at work left out; null when a model among them has no price. */
  readonly costUsd: number | null;
}

/** A run as a list shows it. */
export interface RunSummary extends RunProgress {
  readonly runId: string;
  readonly crew: string;
  /**
   * `running` while somebody holds it, `queued` while it waits for a process that works it, `paused` once it was given back,
   * else how it ended; `damaged` when what is here is not what was written.
   */
  readonly status: string;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly updatedAt: number;
  /** Who holds it, and whether that process can still be at work. */
  readonly owner?: { readonly pid: number; readonly host: string; readonly live: boolean };
  /** The version of its crew, where it is queued and no process that is known to live serves that. */
  readonly unserved?: string;
}

/** What lists tell of how a task ended; small, whatever it came to. */
export interface Brief {
  readonly durationMs: number;
  /** Null when a model among those it asked has no price. */
  readonly costUsd: number | null;
  /** Whether it was taken over from another run. */
  readonly reused: boolean;
}

/** What lists tell of an outcome; undefined for what is none. */
export function briefOf(outcome: Json): Brief | undefined {
  if (!isJsonObject(outcome)) return undefined;
  const { durationMs, usage, reusedFrom = null } = outcome;
  const costUsd = isJsonObject(usage ?? null) ? Object(usage)['costUsd'] : 0;
  return briefIn({ durationMs: durationMs ?? null, costUsd, reused: reusedFrom !== null });
}

/** The same as it is stored. */
export function briefIn(stored: Json): Brief | undefined {
  const { durationMs, costUsd, reused } = isJsonObject(stored) ? stored : {};
  if (typeof durationMs !== 'number' || typeof reused !== 'boolean') return undefined;
  return { durationMs, costUsd: typeof costUsd === 'number' ? costUsd : null, reused };
}

export function countTasks(definition: string): number {
  return taskNames(definition).size;
}

/** By the places of a definition, which is JSON: `task "research", description`. None for what is no JSON. */
export function taskNames(definition: string): ReadonlySet<string> {
  const read = parseJson(definition);
  const places = read.ok && isJsonObject(read.value) ? Object.keys(read.value) : [];
  return new Set(places.flatMap((place) => /^task "([^"]*)",/.exec(place)?.[1] ?? []));
}
