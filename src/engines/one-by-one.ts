/** Lets those in who come, one after another: each once the one before it has left. */
export class OneByOne {
  #last: Promise<void> = Promise.resolve();
  readonly #inside = new Map<string, () => void>();

  /** Resolves when it is this one's turn. */
  enter(key: string): Promise<void> {
    const turn = this.#last;
    this.#last = new Promise((resolve) => this.#inside.set(key, resolve));
    return turn;
  }

  /** Does nothing for one that is not there. */
  leave(key: string): void {
    this.#inside.get(key)?.();
    this.#inside.delete(key);
  }
}
