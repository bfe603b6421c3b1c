/** A number that stays the same until the present tick is over: steps that start in one tick start together. */
export class Tick {
  #number = 0;
  #isOpen = false;
  readonly #close = () => {
    this.#isOpen = false;
  };

  get now(): number {
    if (!this.#isOpen) {
      this.#isOpen = true;
      this.#number += 1;
      queueMicrotask(this.#close);
    }
    return this.#number;
  }
}
