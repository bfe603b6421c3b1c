import type { EventBody, EventType } from '../../events.ts';
import { knowsSecrets, redactAll } from '../../internal/redact.ts';
import type { Runtime } from '../../internal/runtime.ts';
import type { Emitter } from '../../spec/engine.ts';
import { recall } from '../../types.ts';
import type { Writer } from './writer.ts';

/** Pieces of answers are for who listens where they arrive: nobody wants to read them again. */
const VOLATILE: ReadonlySet<EventType> = new Set(['model.delta']);

/** The events that one process makes of a run: told to whoever started it here, and written down for everybody else. */
export class RunEvents implements Emitter {
  readonly #runId: string;
  readonly #writer: Writer;
  readonly #runtime: Runtime;
  readonly #local: () => Emitter | undefined;

  constructor(
    runId: string,
    { writer, runtime, local }: { writer: Writer; runtime: Runtime; local: () => Emitter | undefined },
  ) {
    this.#runId = runId;
    this.#writer = writer;
    this.#runtime = runtime;
    this.#local = local;
  }

  wants(type: EventType): boolean {
    return !VOLATILE.has(type) || this.#local()?.wants(type) === true;
  }

  emit<T extends EventType, Subject>(type: T, body: (subject?: Subject) => EventBody<T>, subject?: Subject): void {
    const local = this.#local();
    if (VOLATILE.has(type)) {
      local?.emit(type, () => body(subject));
      return;
    }
    const told = body(subject);
    local?.emit(type, () => told);
    const shown = knowsSecrets() ? redactAll(told) : told;
    this.#writer.event({ runId: this.#runId, type, at: this.#runtime.now(), body: recall(shown) });
  }
}
