/**
 * How many calls may be under way at once. A 429 halves that, and each round of successes adds one until what was
 * declared is reached again, as TCP does it: https://www.rfc-editor.org/rfc/rfc5681#section-3.1
 */
export class Places {
  readonly #most: number;
  #allowed: number;
  #underWay = 0;
  /** Counts the halvings: calls that were under way at one of them belong to the flight before it. */
  #flight = 0;
  #successes = 0;

  /** @param most Infinity where none was declared: then the first 429 tells. */
  constructor(most: number) {
    this.#most = most;
    this.#allowed = most;
  }

  get underWay(): number {
    return this.#underWay;
  }

  /** How many may be under way now. */
  get allowed(): number {
    return this.#allowed;
  }

  get isFull(): boolean {
    return this.#underWay >= this.#allowed;
  }

  get flight(): number {
    return this.#flight;
  }

  take(): void {
    this.#underWay += 1;
  }

  give(): void {
    this.#underWay -= 1;
  }

  succeeded(flight: number): void {
    if (this.#allowed >= this.#most || flight !== this.#flight) return;
    this.#successes += 1;
    if (this.#successes < this.#allowed) return;
    this.#successes = 0;
    this.#allowed += 1;
  }

  /** A call of that flight, still counted as under way, was answered 429. Only the first of a flight counts. */
  refused(flight: number): void {
    if (flight !== this.#flight) return;
    this.#flight += 1;
    this.#successes = 0;
    this.#allowed = Math.max(1, Math.floor(Math.min(this.#allowed, this.#underWay) / 2));
  }
}
