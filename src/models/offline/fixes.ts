import { quotedIn } from './literals.ts';

/** What must be different about one field, or all, after an answer was turned down. Joined to the field's schema. */
export interface Fix {
  readonly least: number | undefined;
  readonly most: number | undefined;
  readonly options: readonly string[];
  readonly include: readonly string[];
  readonly startsWith: string | undefined;
  readonly endsWith: string | undefined;
  readonly letters: 'upper' | 'lower' | undefined;
  /** Words at most. */
  readonly words: number | undefined;
}

/** Fixes by the path of their field, list positions left out: `items[2].name` is `items[].name`. */
export type Fixes = ReadonlyMap<string, Fix>;

/** Reads the `- path: problem` lines of what was said to an earlier answer. */
export function fixesIn(feedback: readonly string[]): Fixes {
  const fixes = new Map<string, Fix>();
  for (const line of feedback.flatMap((text) => text.split('\n'))) {
    if (!line.startsWith('- ')) continue;
    const problem = line.slice(2).trim();
    const colon = problem.indexOf(': ');
    const path = colon === -1 ? '' : problem.slice(0, colon);
    const isPath = /^[\w$][\w$.[\]-]{0,200}$/.test(path);
    const message = isPath ? problem.slice(colon + 2) : problem;
    fixes.set(isPath ? generalPath(path) : '', fixFrom(message, fixes.get(isPath ? generalPath(path) : '')));
  }
  return fixes;
}

/** `items[2].name` → `items[].name`. */
function generalPath(path: string): string {
  return path
    .split('[')
    .map((part, index) => (index === 0 ? part : `[${part.slice(part.indexOf(']'))}`))
    .join('[')
    .split('[[')
    .join('[');
}

function fixFrom(message: string, before: Fix | undefined): Fix {
  const words = message.toLowerCase();
  const quotes = quotedIn(message);
  const has = (...signs: readonly string[]): boolean => signs.some((sign) => words.includes(sign));
  const most =
    boundIn(words, ['at most', '<=', 'no more than', 'maximum', 'up to', 'less than or equal to']) ??
    below(boundIn(words, ['<', 'less than', 'under', 'fewer than']));
  const least =
    boundIn(words, ['at least', '>=', 'minimum', 'no fewer than', 'greater than or equal to']) ??
    above(boundIn(words, ['>', 'greater than', 'more than', 'over']));
  const perWord = has(' word');
  return {
    least: perWord ? before?.least : (least ?? before?.least),
    most: perWord ? before?.most : (most ?? before?.most),
    words: perWord ? most : before?.words,
    options: has('one of', 'option') ? quotes : (before?.options ?? []),
    include:
      has('include', 'contain', 'mention', 'name') && !has('not ')
        ? [...(before?.include ?? []), ...quotes]
        : (before?.include ?? []),
    startsWith: has('start with', 'starts with', 'begin with') ? quotes[0] : before?.startsWith,
    endsWith: has('end with', 'ends with') ? quotes[0] : before?.endsWith,
    letters: has('upper case', 'uppercase', 'capitals')
      ? 'upper'
      : has('lower case', 'lowercase')
        ? 'lower'
        : before?.letters,
  };
}

/** The number behind one of the signs. */
function boundIn(words: string, signs: readonly string[]): number | undefined {
  for (const sign of signs) {
    const at = words.indexOf(sign);
    if (at === -1) continue;
    const number = /^\s{0,3}(-?\d{1,12}(?:\.\d{1,6})?)/.exec(words.slice(at + sign.length, at + sign.length + 30))?.[1];
    if (number !== undefined) return Number(number);
  }
  return undefined;
}

function below(bound: number | undefined): number | undefined {
  return bound === undefined ? undefined : bound - 1;
}

function above(bound: number | undefined): number | undefined {
  return bound === undefined ? undefined : bound + 1;
}
