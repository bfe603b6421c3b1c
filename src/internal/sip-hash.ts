/**
 * SipHash-2-4: a keyed hash of 64 bits that cannot be foretold without its key. https://www.aumasson.jp/siphash/siphash.pdf
 * Numbers of JavaScript hold 53 bits, so each word of 64 is two of 32: low half first, as in memory.
 */
export function sipHash(key: Uint8Array, message: Uint8Array): readonly [low: number, high: number] {
  const state = new SipState(key);
  const whole = message.length - (message.length % 8);
  for (let at = 0; at < whole; at += 8) state.absorb(wordAt(message, at), wordAt(message, at + 4));
  // The last word: what is left, and the length in its highest byte.
  const rest = new Uint8Array(8);
  rest.set(message.subarray(whole));
  rest[7] = message.length & 0xff;
  state.absorb(wordAt(rest, 0), wordAt(rest, 4));
  return state.finish();
}

function wordAt(bytes: Uint8Array, at: number): number {
  return (
    byteAt(bytes, at) | (byteAt(bytes, at + 1) << 8) | (byteAt(bytes, at + 2) << 16) | (byteAt(bytes, at + 3) << 24)
  );
}

function byteAt(bytes: Uint8Array, at: number): number {
  return bytes[at] ?? 0;
}

/** Four words, v0 to v3: their low halves at 0, 2, 4, 6, their high halves behind each. */
class SipState {
  readonly #v: Int32Array;

  constructor(key: Uint8Array) {
    const halves = [wordAt(key, 0), wordAt(key, 4), wordAt(key, 8), wordAt(key, 12)] as const;
    const [k0l, k0h, k1l, k1h] = halves;
    this.#v = Int32Array.of(
      k0l ^ 0x70736575,
      k0h ^ 0x736f6d65,
      k1l ^ 0x6e646f6d,
      k1h ^ 0x646f7261,
      k0l ^ 0x6e657261,
      k0h ^ 0x6c796765,
      k1l ^ 0x79746573,
      k1h ^ 0x74656462,
    );
  }

  absorb(low: number, high: number): void {
    this.#flip(6, low, high);
    this.#rounds(2);
    this.#flip(0, low, high);
  }

  finish(): readonly [number, number] {
    this.#flip(4, 0xff, 0);
    this.#rounds(4);
    const half = (at: number) => this.#at(at) ^ this.#at(at + 2) ^ this.#at(at + 4) ^ this.#at(at + 6);
    return [half(0) >>> 0, half(1) >>> 0];
  }

  #rounds(count: number): void {
    for (let round = 0; round < count; round += 1) {
      this.#mix(0, 2, 13);
      this.#turn(0, 32);
      this.#mix(4, 6, 16);
      this.#mix(0, 6, 21);
      this.#mix(4, 2, 17);
      this.#turn(4, 32);
    }
  }

  /** a += b; b = b <<< by; b ^= a */
  #mix(a: number, b: number, by: number): void {
    const low = (this.#at(a) >>> 0) + (this.#at(b) >>> 0);
    const carry = low > 0xffffffff ? 1 : 0;
    this.#v[a + 1] = this.#at(a + 1) + this.#at(b + 1) + carry;
    this.#v[a] = low;
    this.#turn(b, by);
    this.#flip(b, this.#at(a), this.#at(a + 1));
  }

  #turn(word: number, by: number): void {
    const low = this.#at(word);
    const high = this.#at(word + 1);
    this.#v[word] = by === 32 ? high : (low << by) | (high >>> (32 - by));
    this.#v[word + 1] = by === 32 ? low : (high << by) | (low >>> (32 - by));
  }

  #flip(word: number, low: number, high: number): void {
    this.#v[word] = this.#at(word) ^ low;
    this.#v[word + 1] = this.#at(word + 1) ^ high;
  }

  #at(half: number): number {
    return this.#v[half] ?? 0;
  }
}
