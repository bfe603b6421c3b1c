/** A short text that a pattern accepts, for the usual parts of patterns; undefined for those with look-around and the like. */
export function textFor(pattern: string): string | undefined {
  try {
    const expression = new RegExp(pattern, 'u');
    const text = new PatternReader(pattern).alternatives();
    return expression.test(text) ? text : undefined;
  } catch (error) {
    // A pattern beyond this small reader, or one that is none: the caller then does without.
    if (error instanceof SyntaxError || error instanceof UnknownPart) return undefined;
    throw error;
  }
}

class UnknownPart extends Error {
  override readonly name = 'UnknownPart';
}

const CLASSES: { readonly [letter: string]: string } = {
  d: '0',
  w: 'a',
  s: ' ',
  D: 'a',
  W: '-',
  S: 'a',
  n: '\n',
  t: '\t',
  b: '',
  B: '',
};
const PRINTABLE = 'aA0-_ .:/@#+bcdefghijklmnopqrstuvwxyzBCDEFGHIJKLMNOPQRSTUVWXYZ123456789!$%&*()[]{}<>=?,;\'"|~^`\\';
const MOST_REPEATS = 1_000;

/** Reads a pattern from left to right and takes the shortest way through it. */
class PatternReader {
  readonly #pattern: string;
  #at = 0;

  constructor(pattern: string) {
    this.#pattern = pattern;
  }

  /** The first of several alternatives. */
  alternatives(): string {
    const first = this.#sequence();
    while (this.#peek() === '|') {
      this.#at += 1;
      this.#sequence();
    }
    return first;
  }

  #peek(): string | undefined {
    return this.#pattern[this.#at];
  }

  #sequence(): string {
    let text = '';
    for (let next = this.#peek(); next !== undefined && next !== '|' && next !== ')'; next = this.#peek()) {
      const part = this.#part();
      text += part.repeat(this.#repeats());
    }
    return text;
  }

  #part(): string {
    const char = this.#peek() ?? '';
    this.#at += 1;
    if (char === '^' || char === '$') return '';
    if (char === '.') return 'a';
    if (char === '(') return this.#group();
    if (char === '[') return this.#set();
    if (char === '\\') return this.#escape();
    return char;
  }

  #group(): string {
    if (this.#peek() === '?') {
      const name = /^\?(?::|<[A-Za-z_]\w{0,30}>)/.exec(this.#pattern.slice(this.#at, this.#at + 40))?.[0];
      if (name === undefined) throw new UnknownPart();
      this.#at += name.length;
    }
    const text = this.alternatives();
    if (this.#peek() !== ')') throw new UnknownPart();
    this.#at += 1;
    return text;
  }

  #set(): string {
    const start = this.#at;
    while (this.#peek() !== ']' || this.#at === start) {
      if (this.#peek() === undefined) throw new UnknownPart();
      this.#at += this.#peek() === '\\' ? 2 : 1;
    }
    this.#at += 1;
    const expression = new RegExp(`^[${this.#pattern.slice(start, this.#at)}$`, 'u');
    const char = [...PRINTABLE].find((candidate) => expression.test(candidate));
    if (char === undefined) throw new UnknownPart();
    return char;
  }

  #escape(): string {
    const char = this.#peek() ?? '';
    this.#at += 1;
    if (/[1-9pPkucx]/.test(char)) throw new UnknownPart();
    return Object.hasOwn(CLASSES, char) ? (CLASSES[char] ?? '') : char;
  }

  /** How often the part must stand at least. */
  #repeats(): number {
    const char = this.#peek();
    let least = 1;
    if (char === '*' || char === '?') {
      this.#at += 1;
      least = 0;
    } else if (char === '+') this.#at += 1;
    else if (char === '{') {
      const count = /^\{(\d{1,6})(?:,\d{0,6})?\}/.exec(this.#pattern.slice(this.#at, this.#at + 20));
      if (count === null) throw new UnknownPart();
      this.#at += count[0].length;
      least = Number(count[1]);
    } else return 1;
    if (this.#peek() === '?') this.#at += 1;
    if (least > MOST_REPEATS) throw new UnknownPart();
    return least;
  }
}
