import type { CrewEvent, EventBody, EventListener, EventOf, EventType } from '../events.ts';
import type { Emitter } from '../spec/engine.ts';
import { EventQueue } from './event-queue.ts';
import { guarded } from './guarded.ts';
import { eventEmitter } from './lazy.ts';
import { knowsSecrets, redactAll } from './redact.ts';
import type { Runtime } from './runtime.ts';

/** Under this name hear those who want every event. */
const ALL = '*';

/**
 * The events of one run: numbered at the source, built only when somebody listens, delivered synchronously. A listener
 * that throws, or returns a promise that rejects, is reported once, as a warning of the process, and harms nothing.
 */
export class EventStream implements Emitter {
  readonly #runId: string;
  readonly #runtime: Runtime;
  readonly #listeners = new (eventEmitter().EventEmitter)();
  #seq = 0;
  /** Listeners of any type: while there are none, an event costs a look at this number. */
  #heard = 0;
  #last: CrewEvent | undefined;

  constructor(runId: string, runtime: Runtime) {
    this.#runId = runId;
    this.#runtime = runtime;
  }

  wants(type: EventType): boolean {
    if (this.#heard === 0) return false;
    return this.#listeners.listenerCount(type) > 0 || this.#listeners.listenerCount(ALL) > 0;
  }

  emit<T extends EventType, Subject>(type: T, body: (subject?: Subject) => EventBody<T>, subject?: Subject): void {
    this.#seq += 1;
    if (this.wants(type)) this.#deliver(this.#build(type, body(subject)));
  }

  /** The last event of the run. It is kept, so that who asks too late still learns how the run ended. */
  end(body: EventBody<'run.end'>): void {
    this.#seq += 1;
    const event = this.#build('run.end', body);
    this.#last = event;
    this.#deliver(event);
    this.#listeners.removeAllListeners();
  }

  /** Calls `listener` with every event of this type until the function returned is called. */
  on<T extends EventType>(type: T, listener: EventListener<T>): () => void {
    return this.#listen(type, listener);
  }

  /** The events from now on, ending with `run.end`. A consumer that falls far behind loses events, and is told which. */
  iterate(): AsyncIterableIterator<CrewEvent> {
    const queue = new EventQueue(() => stop());
    const stop = this.#last === undefined ? this.#listen(ALL, (event: CrewEvent) => queue.push(event)) : () => {};
    if (this.#last !== undefined) queue.push(this.#last);
    return queue;
  }

  #build<T extends EventType>(type: T, body: EventBody<T>): EventOf<T> {
    const shown = knowsSecrets() ? redactAll(body) : body;
    return { type, runId: this.#runId, seq: this.#seq, time: this.#runtime.now(), ...shown };
  }

  #deliver(event: { readonly type: EventType }): void {
    this.#listeners.emit(event.type, event);
    this.#listeners.emit(ALL, event);
  }

  #listen<E>(name: string, listener: (event: E) => unknown): () => void {
    const delivered = guarded(`A listener of "${name}" events`, listener);
    let listening = true;
    this.#listeners.on(name, delivered);
    this.#heard += 1;
    return () => {
      if (!listening) return;
      listening = false;
      this.#heard -= 1;
      this.#listeners.off(name, delivered);
    };
  }
}
