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

/**
 * No call needs more, whatever somebody says: sums of millions of them are exact, which they are not beyond 2^53. A sum that
 * is not what its slots hold would never be used up.
 */
export const MOST_AMOUNT = 2 ** 32;

/** How much was added in the last minute: a ring of slots. Amounts are whole numbers up to `MOST_AMOUNT`; times never go back. */
export class SlidingWindow {
  readonly #amounts = new Float64Array(SLOTS);
  /** The first slot that holds something, or the last that was looked at when none does. */
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
    if (this.#sum === 0) this.#first = slot;
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
    this.#skipEmpty();
  }

  /** What was in the window before that slot, as of the moment in which something is added to it. */
  before(slot: number): number {
    return this.#sum - (this.#amounts[slot % SLOTS] ?? 0);
  }

  /** What was added in that slot, and in the `ms` after it; undefined when that has left the window. */
  since(slot: number, ms: number, now: number): number | undefined {
    this.#forget(now);
    if (slot < this.#first) return undefined;
    let sum = 0;
    const end = Math.min(slot + Math.ceil(ms / SLOT_MS), Math.floor(now / SLOT_MS));
    for (let each = slot; each <= end; each += 1) sum += this.#amounts[each % SLOTS] ?? 0;
    return sum;
  }

  /** When no more than `most` is left in the window, if nothing is added: at `now`, or later. */
  clearsTo(most: number, now: number): number {
    this.#forget(now);
    let left = this.#sum;
    let slot = this.#first;
    for (; left > most; slot += 1) left -= this.#amounts[slot % SLOTS] ?? 0;
    return slot === this.#first ? now : (slot - 1) * SLOT_MS + WINDOW_MS;
  }

  /** Drops what has left the window. */
  #forget(now: number): void {
    while (this.#sum > 0 && now >= this.#first * SLOT_MS + WINDOW_MS) {
      const at = this.#first % SLOTS;
      this.#sum -= this.#amounts[at] ?? 0;
      this.#amounts[at] = 0;
      this.#first += 1;
      this.#skipEmpty();
    }
  }

  /** Each slot is passed over once, for nothing is added to one that lies before the present. */
  #skipEmpty(): void {
    while (this.#sum > 0 && this.#amounts[this.#first % SLOTS] === 0) this.#first += 1;
  }
}
