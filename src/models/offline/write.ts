import { brokenLimit, type Limits, type Unit } from './limits.ts';
import { code, type Finding } from './topics/finding.ts';
import { sameness } from './words.ts';

/** What the stand-in says of itself, once in each answer. */
export const NOTICE =
  "_Written by crewline's offline stand-in, which is not a language model: it reads what it is given, counts, and quotes._";
const SHORT_NOTICE = '(offline stand-in, not a language model)';

/** A part of an answer: statements that belong together. The first of the first part sums up. */
export interface Part {
  /** Empty for a part without a heading. */
  readonly heading: string;
  readonly findings: readonly Finding[];
}

/** Writes statements as Markdown within the limits: one that sums up, then a list, or a few sentences where the limits are tight. */
export function writeFindings(parts: readonly Part[], limits: Limits): string {
  const unique = withoutRepeats(parts, limits);
  const count = unique.reduce((sum, part) => sum + part.findings.length, 0);
  for (let size = limits.length === 'shorter' ? Math.max(1, Math.floor(count / 2)) : count; size >= 1; size -= 1) {
    const text = finish(layOut(firstOf(unique, size), limits), limits);
    if (!isTooLong(text, limits)) return text;
  }
  return cutToFit(firstOf(unique, 1)[0]?.findings[0], limits);
}

function isTooLong(text: string, limits: Limits): boolean {
  return brokenLimit(text, { ...limits, least: new Map(), include: [], exclude: [] }) !== undefined;
}

function withoutRepeats(parts: readonly Part[], limits: Limits): Part[] {
  const seen = new Set<string>();
  const fresh = ({ text, quote }: Finding): boolean => {
    const key = sameness(quote ?? text);
    const unwanted = limits.exclude.some((entry) => text.toLowerCase().includes(entry.toLowerCase()));
    if (seen.has(key) || unwanted) return false;
    seen.add(key);
    return true;
  };
  return parts
    .map((part) => ({ heading: part.heading, findings: part.findings.filter(fresh) }))
    .filter((part) => part.findings.length > 0);
}

/** The first statements of all parts, dealt out evenly. */
function firstOf(parts: readonly Part[], count: number): Part[] {
  let left = count;
  const take = parts.map(() => 0);
  for (let round = 0; left > 0; round += 1) {
    let dealt = false;
    for (const [index, part] of parts.entries()) {
      if (left > 0 && round < part.findings.length) {
        take[index] = round + 1;
        left -= 1;
        dealt = true;
      }
    }
    if (!dealt) break;
  }
  return parts
    .map((part, index) => ({ heading: part.heading, findings: part.findings.slice(0, take[index]) }))
    .filter((part) => part.findings.length > 0);
}

/** One statement as it stands in the answer, with the file it comes from. */
export function statement({ text, source }: Finding): string {
  if (source === undefined || text.includes(source)) return text;
  return /[.!?]$/.test(text) ? `${text.slice(0, -1)} (${code(source)})${text.at(-1)}` : `${text} (${code(source)})`;
}

function layOut(parts: readonly Part[], limits: Limits): string {
  const all = parts.flatMap((part) => part.findings.map(statement));
  const asText = ['sentences', 'paragraphs'] satisfies Unit[];
  if (asText.some((unit) => (limits.most.get(unit) ?? Number.POSITIVE_INFINITY) <= 8)) return all.join(' ');
  if (limits.least.has('bullets')) return all.map((line) => `- ${line}`).join('\n');
  const [lead, ...rest] = all;
  if (parts.length === 1)
    return [lead, rest.map((line) => `- ${line}`).join('\n')].filter((piece) => piece !== '').join('\n\n');
  return parts
    .map(
      (part) =>
        `${part.heading === '' ? '' : `**${part.heading}**\n\n`}${part.findings.map((one) => `- ${statement(one)}`).join('\n')}`,
    )
    .join('\n\n');
}

/** Adds what was asked for by name, and the notice. */
function finish(body: string, limits: Limits): string {
  const lower = body.toLowerCase();
  const missing = limits.include.filter((entry) => !lower.includes(entry.toLowerCase()));
  const named = missing.map((entry) =>
    entry.startsWith('#')
      ? `${entry}\n\nNothing on this was found.`
      : `On ${entry}: nothing was found in what was read.`,
  );
  const tight =
    (limits.most.get('words') ?? 999) < 80 ||
    (limits.most.get('characters') ?? 9_999) < 500 ||
    [...limits.most.keys()].some((unit) => unit === 'sentences' || unit === 'lines' || unit === 'paragraphs');
  const pieces = [body, ...named];
  const text = tight ? withShortNotice(pieces.join(' ')) : [...pieces, NOTICE].join('\n\n');
  const opened =
    limits.startsWith === undefined || text.startsWith(limits.startsWith) ? text : `${limits.startsWith}\n\n${text}`;
  return limits.endsWith === undefined || opened.endsWith(limits.endsWith) ? opened : `${opened}\n\n${limits.endsWith}`;
}

/** Inside the last sentence, so that it counts as no sentence of its own. */
function withShortNotice(text: string): string {
  return /[.!?]$/.test(text) ? `${text.slice(0, -1)} ${SHORT_NOTICE}${text.at(-1)}` : `${text} ${SHORT_NOTICE}`;
}

/** When even one statement is too long: as many words of it as fit. */
function cutToFit(finding: Finding | undefined, limits: Limits): string {
  const words = (finding?.text ?? '').split(' ');
  for (let count = words.length; count > 0; count -= 1) {
    const text = `${words.slice(0, count).join(' ')}${count < words.length ? '…' : ''}`;
    const noticed = withShortNotice(text);
    if (!isTooLong(noticed, limits)) return noticed;
    if (count <= 8 && !isTooLong(text, limits)) return text;
  }
  return words[0] ?? '';
}
