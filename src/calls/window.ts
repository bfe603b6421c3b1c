/** What limits are counted over. */
export const MINUTE_MS = 60_000;
/**
 * The provider counts a call when it arrives, some time after we do, and not always equally long after. A call that
 * leaves the window this much late still arrives after the one whose place it takes has left the provider's. It costs
 * 1.6 % of the pace.
 */
export const MARGIN_MS = 1_000;
export const WINDOW_MS = MINUTE_MS + MARGIN_MS;
/** What is added within such a span is counted as one, so that a window is a few kilobytes however much goes through. */
const SLOT_MS = 50;
const SLOTS = WINDOW_MS / SLOT_MS;

/** How much was added in the last minute: a ring of slots. Amounts are whole numbers; times never go back. */
export class SlidingWindow {
  readonly #amounts = new Float64Array(SLOTS);
  /** Everything before this slot has left the window, or never held anything. */
  #first = 0;
  #sum = 0;

  /** What is in the window at `now`. */
  sum(now: number): number {
    this.#forget(now);
    return this.#sum;
  }

  /** Adds an amount; what is returned names its slot. */
  add(amount: number, now: number): number {
    this.#forget(now);
    const slot = Math.floor(now / SLOT_MS);
    const at = slot % SLOTS;
    this.#amounts[at] = (this.#amounts[at] ?? 0) + amount;
    this.#sum += amount;
    return slot;
  }

  /** Changes what was added to a slot; nothing happens when that has left the window. */
  change(slot: number, by: number, now: number): void {
    this.#forget(now);
    if (slot < this.#first) return;
    const at = slot % SLOTS;
    this.#amounts[at] = (this.#amounts[at] ?? 0) + by;
    this.#sum += by;
  }

  /** When no more than `most` is left in the window, if nothing is added: at `now`, or later. */
  clearsTo(most: number, now: number): number {
    this.#forget(now);
    let left = this.#sum;
    if (left <= most) return now;
    const end = this.#first + SLOTS;
    for (let slot = this.#first; slot < end; slot += 1) {
      left -= this.#amounts[slot % SLOTS] ?? 0;
      if (left <= most) return slot * SLOT_MS + WINDOW_MS;
    }
    return now;
  }

  /** Drops what has left the window, and passes over what is empty, so that each slot is passed once. */
  #forget(now: number): void {
    const first = Math.floor((now - WINDOW_MS) / SLOT_MS) + 1;
    const present = Math.floor(now / SLOT_MS);
    let slot = this.#first;
    for (; this.#sum > 0; slot += 1) {
      const at = slot % SLOTS;
      const amount = this.#amounts[at] ?? 0;
      if (slot >= first && (amount !== 0 || slot >= present)) break;
      this.#amounts[at] = 0;
      this.#sum -= amount;
    }
    this.#first = this.#sum > 0 ? slot : Math.max(slot, present);
  }
}
