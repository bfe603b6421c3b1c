import { guarded } from '../../internal/guarded.ts';
import type { LogEntry } from '../../spec/service.ts';

/** Hears what is logged. What it throws harms nothing. */
export type LogListener = (entry: LogEntry) => void;

interface Heard {
  readonly deliver: LogListener;
  times: number;
}

/** What concerns this process rather than one of its runs: told to everybody here who would like to know. */
export class NodeLog {
  readonly #listeners = new Map<LogListener, Heard>();
  readonly #unheard: LogEntry[] = [];

  /** One that is added several times hears each entry once, until it was stopped as often. @returns how to stop it. */
  listen(listener: LogListener): () => void {
    const heard = this.#listeners.get(listener) ?? { deliver: guarded('onLog', listener), times: 0 };
    heard.times += 1;
    this.#listeners.set(listener, heard);
    for (const entry of this.#unheard.splice(0)) heard.deliver(entry);
    return () => {
      heard.times -= 1;
      if (heard.times === 0) this.#listeners.delete(listener);
    };
  }

  /** Of what passes: where nobody listens it is no news later. */
  tell(level: LogEntry['level'], message: string): void {
    for (const { deliver } of this.#listeners.values()) deliver({ level, message });
  }

  /** Of what stays so: where nobody listens yet it is told to whoever comes first. */
  keep(level: LogEntry['level'], message: string): void {
    if (this.#listeners.size === 0) this.#unheard.push({ level, message });
    else this.tell(level, message);
  }
}
