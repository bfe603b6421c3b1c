const NOTHING = new Uint8Array(0);

/** Bytes that arrive in pieces of any size, kept in one run of memory that doubles when full. A lone piece is not copied. */
export class GrowingBytes {
  #bytes: Uint8Array = NOTHING;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** The piece must not change afterwards. */
  add(piece: Uint8Array): void {
    if (this.#length === 0) {
      this.#bytes = piece;
    } else {
      const length = this.#length + piece.length;
      if (length > this.#bytes.length || this.#bytes.length === this.#length) {
        const larger = new Uint8Array(length * 2);
        larger.set(this.#bytes.subarray(0, this.#length));
        this.#bytes = larger;
      }
      this.#bytes.set(piece, this.#length);
    }
    this.#length += piece.length;
  }

  /** All bytes so far; afterwards there are none. */
  take(): Uint8Array {
    const all = this.#bytes.subarray(0, this.#length);
    this.#bytes = NOTHING;
    this.#length = 0;
    return all;
  }
}
