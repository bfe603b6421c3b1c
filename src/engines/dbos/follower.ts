import type { CrewEvent, EventBody, EventType } from '../../events.ts';
import type { Emitter } from '../../spec/engine.ts';
import type { RunResult } from '../../spec/outcome.ts';
import { recall } from '../../types.ts';
import { eventsOf } from './event-rows.ts';
import type { Postgres } from './postgres.ts';

/** What a follower needs of its process. */
export interface Followed {
  readonly database: Postgres;
  readonly membership: { readonly id: string };
  readonly workshop: { lasting<T>(read: () => Promise<T>): Promise<T> };
  endOf(runId: string): Promise<RunResult | undefined>;
}

/** Somebody in this process who waits for a run, wherever it is worked. */
export class Follower {
  readonly emitter: Emitter;
  readonly result: Promise<RunResult>;
  readonly #node: Followed;
  readonly #runId: string;
  #settle: (end: Promise<RunResult>) => void = () => {};
  #heard = 0;
  #hearing: Promise<void> | undefined;
  #hearAgain = false;
  #begun = false;
  #isOver = false;

  constructor(node: Followed, runId: string, emitter: Emitter) {
    this.#node = node;
    this.#runId = runId;
    this.emitter = emitter;
    this.result = new Promise((resolve) => {
      this.#settle = resolve;
    });
    // Whoever asks for the result hears of a failure.
    this.result.catch(() => {});
  }

  /** The run is there, and has told so many events before. */
  begin(told: number): void {
    this.#heard = told;
    this.#begun = true;
  }

  /** The run is over, as is told here. */
  ended(end: Promise<RunResult>): void {
    this.#isOver = true;
    this.#settle(end);
  }

  /** Looks whether the run is over; what is known of it by then is told before. */
  async lookForEnd(): Promise<void> {
    if (this.#isOver || !this.#begun) return;
    const end = this.#node.endOf(this.#runId);
    // A failure of the run is its result; here it only matters that there is one.
    const isOver = await end.then(
      (result) => result !== undefined,
      () => true,
    );
    await this.hearEvents();
    if (isOver && !this.#isOver) this.ended(recall<Promise<RunResult>>(end));
  }

  /** Tells what happened elsewhere. What happens here is told where it happens. */
  hearEvents(): Promise<void> {
    this.#hearAgain = true;
    this.#hearing ??= this.#hear().finally(() => {
      this.#hearing = undefined;
    });
    return this.#hearing;
  }

  async #hear(): Promise<void> {
    while (this.#hearAgain && this.#begun && !this.#isOver) {
      this.#hearAgain = false;
      const { database, membership, workshop } = this.#node;
      const found = await workshop.lasting(() => eventsOf(database, this.#runId, this.#heard + 1));
      for (const { event, worker } of found) {
        this.#heard = event.seq;
        if (worker !== membership.id && event.type !== 'run.end') tell(this.emitter, event);
      }
    }
  }
}

/** Whoever of them listens hears it. */
export function emitterOf(followers: readonly Follower[]): Emitter | undefined {
  const [first] = followers;
  if (followers.length < 2) return first?.emitter;
  const emitters = followers.map(({ emitter }) => emitter);
  return {
    wants: (type) => emitters.some((emitter) => emitter.wants(type)),
    emit: <T extends EventType, Subject>(type: T, body: (subject?: Subject) => EventBody<T>, subject?: Subject) => {
      for (const emitter of emitters) emitter.emit(type, () => body(subject));
    },
  };
}

/** It is numbered and dated anew, for it is told among what happens here. */
function tell(emitter: Emitter, { type, runId: _, seq: __, time: ___, ...body }: CrewEvent): void {
  emitter.emit<EventType>(type, () => recall<EventBody<EventType>>(body));
}
