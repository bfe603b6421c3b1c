import { quotedIn } from './literals.ts';
import { sentencesOf, stem, termsOf, wordsOf } from './words.ts';

/** What a task puts in quotes: its subject, named outright. */
export function quotedSubject(description: string): string | undefined {
  return quotedIn(description).find((quote) => !isPattern(quote) && termsOf(quote).length > 0);
}

/** What a task is about, in its own words: what it puts in quotes, else what stands behind "about" or "on". */
export function subjectOf(description: string): string | undefined {
  const named = quotedSubject(description);
  if (named !== undefined) return named;
  const sentence = sentencesOf(description.split('\n')[0] ?? '')[0] ?? '';
  for (const sign of [' about ', ' on ']) {
    const at = sentence.indexOf(sign);
    if (at === -1) continue;
    const rest = cutAt(sentence.slice(at + sign.length), [',', ';', ':', '. ', ' from ', ' for ']).trim();
    const plain = rest.endsWith('.') ? rest.slice(0, -1) : rest;
    if (termsOf(plain).length > 0 && plain.length < 120) return plain;
  }
  return undefined;
}

/** A file pattern that the task puts in quotes, such as "*.md". */
export function patternIn(description: string): string | undefined {
  return quotedIn(description).find((quote) => isPattern(quote) && !quote.includes(' '));
}

/** A text without what it quotes: words there name the subject, they do not say what to do. */
export function withoutSubject(text: string): string {
  return quotedIn(text).reduce((rest, quote) => rest.split(quote).join(' '), text);
}

/** What to search for: the subject as it stands, then its words, names first, then long ones. */
export function keywords(text: string): string[] {
  const subject = subjectOf(text) ?? text;
  const pieces = subject.split(/[^\p{L}\p{N}_-]/u).filter((word) => word.length > 3 && termsOf(word).length > 0);
  const value = (word: string): number =>
    word.length + (/\p{Lu}/u.test(word.slice(1)) ? 6 : 0) + (/[\d_-]/.test(word) ? 3 : 0);
  const words = [...new Set(pieces.map((word) => (stem(word).length > 3 ? stem(word) : word)))];
  words.sort((a, b) => value(b) - value(a));
  const whole = wordsOf(subject).length > 1 && subject.length < 60 ? [subject] : [];
  return [...whole, ...words].slice(0, 4);
}

function isPattern(text: string): boolean {
  return text.includes('*') || text.startsWith('.');
}

function cutAt(text: string, signs: readonly string[]): string {
  const ends = signs.map((sign) => text.indexOf(sign)).filter((at) => at !== -1);
  return ends.length === 0 ? text : text.slice(0, Math.min(...ends));
}
