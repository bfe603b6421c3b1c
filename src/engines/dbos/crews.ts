import { createHash } from 'node:crypto';
import { CrewError } from '../../errors.ts';
import type { Runtime } from '../../internal/runtime.ts';
import type { Program } from '../../spec/engine.ts';
import type { QueueLimits } from './options.ts';

/** How an engine has its crews served in this process. */
export interface Serving {
  readonly runtime: Runtime;
  /** Of all its crews; undefined: each has one of its own, from its definition. */
  readonly version: string | undefined;
  /** Whether tasks and runs are worked here. */
  readonly work: boolean;
  /** Queues whose tasks are worked here. */
  readonly queues: { readonly [name: string]: QueueLimits };
}

/** A crew as it is known here. */
export interface KnownCrew {
  readonly program: Program;
  readonly version: string;
  readonly serving: Serving;
}

/** A queue of DBOS': crews, and versions of one, are told apart by them, so that nobody takes what it cannot work. */
export function runQueue(crew: string, version: string): string {
  return `runs of ${crew}@${version}`;
}
export function taskQueue(queue: string, crew: string, version: string): string {
  return `tasks of ${crew}@${version} in ${queue}`;
}

/** The queues whose tasks are worked here. */
export function taskQueuesOf({ program, version, serving }: KnownCrew): readonly string[] {
  return Object.keys(serving.queues).map((queue) => taskQueue(queue, program.crew, version));
}

/** The crews that are known in this process, whichever engine of it they were started on. */
export class Crews {
  readonly #known = new Map<string, KnownCrew>();

  get(crew: string): KnownCrew | undefined {
    return this.#known.get(crew);
  }

  /** @throws {CrewError} `CREW_DUPLICATE`. */
  add(program: Program, serving: Serving): KnownCrew {
    const known = this.#known.get(program.crew);
    if (known !== undefined && known.program === program) return known;
    if (known !== undefined) {
      throw new CrewError(
        'CREW_DUPLICATE',
        `Another crew named "${program.crew}" runs on this Postgres in this process already. Give one of them another name.`,
      );
    }
    const version = serving.version ?? versionOf(program.definition?.() ?? '{}');
    const added = { program, version, serving };
    this.#known.set(program.crew, added);
    return added;
  }

  forget(crew: string): void {
    this.#known.delete(crew);
  }
}

/** The same for the same definition. */
function versionOf(definition: string): string {
  const places = Object.entries(JSON.parse(definition)).sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(places)).digest('hex').slice(0, 12);
}
