/** What happens when the user, or the system, wants the run to stop. */
export interface InterruptSteps {
  /** The first time: stop in an orderly way. */
  readonly first: () => void;
  /** The second time: leave at once. */
  readonly second: () => void;
  /**
   * A terminal that closes does not end a run: what it has finished may have cost money. With `stop` it is asked to stop,
   * once: who has gone away cannot insist.
   */
  readonly onHangUp: 'stop' | 'stay';
}

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** One run's answer to Ctrl-C and to `kill`. */
export class Interrupt {
  readonly #steps: InterruptSteps;
  #asked = false;

  constructor(steps: InterruptSteps) {
    this.#steps = steps;
  }

  /** True once somebody wanted the run to stop. */
  get asked(): boolean {
    return this.#asked;
  }

  readonly #hear = (): void => {
    if (this.#asked) this.#steps.second();
    else {
      this.#asked = true;
      this.#steps.first();
    }
  };

  readonly #hangUp = (): void => {
    if (this.#steps.onHangUp === 'stop' && !this.#asked) this.#hear();
  };

  listen(): void {
    for (const signal of SIGNALS) process.on(signal, this.#hear);
    process.on('SIGHUP', this.#hangUp);
  }

  stop(): void {
    for (const signal of SIGNALS) process.off(signal, this.#hear);
    process.off('SIGHUP', this.#hangUp);
  }
}
