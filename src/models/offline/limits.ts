import { quotedIn } from './literals.ts';
import { countWords, sentencesOf } from './words.ts';

/** What can be counted in an answer. */
export type Unit = 'words' | 'characters' | 'sentences' | 'bullets' | 'paragraphs' | 'lines';

/** Bounds that a text states for an answer. */
export interface Limits {
  readonly least: ReadonlyMap<Unit, number>;
  readonly most: ReadonlyMap<Unit, number>;
  /** Texts that must stand in it. */
  readonly include: readonly string[];
  /** Texts that must not. */
  readonly exclude: readonly string[];
  readonly startsWith: string | undefined;
  readonly endsWith: string | undefined;
  /** Asked to be shorter, or longer, without a number. */
  readonly length: 'shorter' | 'longer' | undefined;
}

const UNITS: { readonly [word: string]: Unit } = {
  word: 'words',
  words: 'words',
  character: 'characters',
  characters: 'characters',
  chars: 'characters',
  letters: 'characters',
  sentence: 'sentences',
  sentences: 'sentences',
  bullet: 'bullets',
  bullets: 'bullets',
  items: 'bullets',
  points: 'bullets',
  findings: 'bullets',
  facts: 'bullets',
  paragraph: 'paragraphs',
  paragraphs: 'paragraphs',
  line: 'lines',
  lines: 'lines',
};
const NUMBERS: readonly string[] = [
  'zero',
  'one',
  'two',
  'three',
  'four',
  'five',
  'six',
  'seven',
  'eight',
  'nine',
  'ten',
  'eleven',
  'twelve',
];
const AT_MOST = [
  'at most',
  'no more than',
  'not more than',
  'up to',
  'under',
  'fewer than',
  'less than',
  'maximum of',
  'maximum',
  'max',
  'within',
  'below',
  'shorter than',
  'not exceed',
  'exceeds',
  'limit of',
  'longest',
];
const AT_LEAST = [
  'at least',
  'minimum of',
  'minimum',
  'min',
  'no fewer than',
  'not less than',
  'no less than',
  'more than',
  'over',
  'longer than',
];

/** Reads bounds out of texts: `at most 100 words`, `three bullets`, `must mention "price"`. Later texts win. */
export function limitsIn(texts: readonly string[]): Limits {
  const least = new Map<Unit, number>();
  const most = new Map<Unit, number>();
  const include: string[] = [];
  const exclude: string[] = [];
  let startsWith: string | undefined;
  let endsWith: string | undefined;
  let length: Limits['length'];
  for (const text of texts) {
    for (const sentence of text.split('\n').flatMap((line) => sentencesOf(line))) {
      // What holds for each part ("one sentence each") is no bound of the whole.
      if (!/\b(?:each|every|per|apiece)\b/i.test(sentence)) readBounds(sentence, least, most);
      const quotes = quotedIn(sentence).filter((quote) => quote.length <= 80);
      const [first] = quotes;
      const words = sentence.toLowerCase();
      const has = (...signs: readonly string[]): boolean => signs.some((sign) => words.includes(sign));
      if (has('too long', 'shorten', 'shorter', 'more concise', 'more briefly')) length = 'shorter';
      if (has('too short', 'more detail', 'elaborate', 'longer answer')) length = 'longer';
      if (first === undefined) continue;
      if (has('start with', 'starts with', 'begin with', 'begins with')) startsWith = first;
      else if (has('end with', 'ends with')) endsWith = first;
      else if (has('must not', 'do not', 'does not belong', 'avoid', 'without', 'never', 'remove'))
        exclude.push(...quotes);
      else if (has('mention', 'include', 'contain', 'missing', 'heading', 'must name', 'must have', 'lacks'))
        include.push(...quotes);
    }
  }
  return {
    least,
    most,
    include: include.filter((entry) => !exclude.includes(entry)),
    exclude,
    startsWith,
    endsWith,
    length,
  };
}

/** Finds `<comparison> <number> <unit>`, looking at each word once. */
function readBounds(text: string, least: Map<Unit, number>, most: Map<Unit, number>): void {
  const words = text
    .toLowerCase()
    .split(/[\s,;:()]/)
    .filter((word) => word !== '')
    .map((word) => (/[.!?]$/.test(word) ? word.slice(0, -1) : word));
  for (const [at, word] of words.entries()) {
    const unit = Object.hasOwn(UNITS, word) ? UNITS[word] : undefined;
    if (unit === undefined) continue;
    const bound = numberBefore(words, at);
    if (bound === undefined) continue;
    const before = words.slice(Math.max(0, bound.at - 4), bound.at).join(' ');
    const compared = (signs: readonly string[]): boolean => signs.some((sign) => before.endsWith(sign));
    if (bound.from !== undefined) {
      least.set(unit, bound.from);
      most.set(unit, bound.to);
    } else if (compared(AT_MOST.filter((sign) => !sign.startsWith('exceeds')))) most.set(unit, bound.to);
    else if (compared(AT_LEAST)) least.set(unit, bound.to);
    else if (unit !== 'words' && unit !== 'characters' && unit !== 'lines') {
      // A bare number is meant as it stands: "three bullets", "in one sentence".
      least.set(unit, bound.to);
      most.set(unit, bound.to);
    }
  }
}

/** The number (or range) in front of a unit; one adjective may stand between: `five short bullets`. */
function numberBefore(
  words: readonly string[],
  at: number,
): { readonly at: number; readonly from: number | undefined; readonly to: number } | undefined {
  for (const place of [at - 1, at - 2]) {
    const word = words[place] ?? '';
    const [low, high] = word.split(/[-–]/).map(numberOf);
    if (low !== undefined && high !== undefined) return { at: place, from: low, to: high };
    const to = numberOf(word);
    if (to === undefined) continue;
    const from = ['to', 'and', 'or'].includes(words[place - 1] ?? '') ? numberOf(words[place - 2] ?? '') : undefined;
    return { at: from === undefined ? place : place - 2, from, to };
  }
  return undefined;
}

function numberOf(word: string): number | undefined {
  if (/^\d{1,6}$/.test(word)) return Number(word);
  const spelled = NUMBERS.indexOf(word);
  return spelled > 0 ? spelled : undefined;
}

/** How much of a unit a text has. */
function measure(text: string, unit: Unit): number {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  switch (unit) {
    case 'words':
      return countWords(text);
    case 'characters':
      return text.length;
    case 'sentences':
      return lines.flatMap((line) => sentencesOf(line)).length;
    case 'bullets':
      return lines.filter((line) => isBullet(line)).length;
    case 'paragraphs':
      return text.split('\n\n').filter((part) => part.trim() !== '').length;
    case 'lines':
      return lines.length;
  }
}

/** True for a line that is an item of a list. */
export function isBullet(line: string): boolean {
  return /^\s{0,8}(?:[-*+]|\d{1,3}[.)]) /.test(line);
}

/** The first bound that a text breaks, in words; nothing when it keeps them all. */
export function brokenLimit(text: string, limits: Limits): string | undefined {
  for (const [unit, bound] of limits.least) {
    const has = measure(text, unit);
    if (has < bound) return `It has ${has} ${unit}; at least ${bound} are asked for.`;
  }
  for (const [unit, bound] of limits.most) {
    const has = measure(text, unit);
    if (has > bound) return `It has ${has} ${unit}; at most ${bound} are asked for.`;
  }
  const lower = text.toLowerCase();
  const missing = limits.include.find((entry) => !lower.includes(entry.toLowerCase()));
  if (missing !== undefined) return `It does not mention "${missing}".`;
  const present = limits.exclude.find((entry) => lower.includes(entry.toLowerCase()));
  return present === undefined ? undefined : `It contains "${present}", which is not wanted.`;
}
