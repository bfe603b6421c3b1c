import { type CodeFile, readCode } from '../code.ts';
import type { Dossier } from '../dossier.ts';
import { readMarkdown } from '../markdown.ts';
import { isCode, isDocument } from '../paths.ts';
import { subjectOf } from '../subject.ts';
import { leans, sameness, shortened, termsOf } from '../words.ts';
import { code, type Finding, quoted } from './finding.ts';

const SENTENCES = 12;
const ENOUGH = 3;
/** A sentence that fits less than this share of the best is left out. */
const WORTH_TELLING = 0.4;
/** A sentence that may answer, with all that its rank depends on. */
interface Candidate {
  readonly sentence: string;
  readonly source: string;
  readonly heading: string;
  readonly terms: ReadonlySet<string>;
  readonly place: number;
}

/** How many sentences are wanted, and how many of the question's words each must have. */
export interface ProseOptions {
  readonly count: number;
  readonly least: number;
}

/** The sentences of everything read that say most about a question, as they stand, each with its file. */
export function proseAbout(dossier: Dossier, question: string, options: ProseOptions): Finding[] {
  return rank(candidatesIn(dossier), question, options).map(toFinding);
}

/** For a task whose subject is none of those known: the sentences that fit best, else how each document begins. */
export function proseTopic(dossier: Dossier, question: string): Finding[] {
  const told = dossier.answers.map((answer) => ({
    text: `${code(answer.path)} says: ${quoted(shortened(answer.text, 600))}`,
    quote: answer.text,
  }));
  const candidates = candidatesIn(dossier);
  const subject = subjectOf(question);
  if (subject !== undefined) return [...told, ...onSubject(subject, dossier, candidates)];
  const best = rank(candidates, question, { count: SENTENCES, least: 1 });
  const chosen = best.length > 2 ? best : diverse(candidates, SENTENCES);
  return [...told, ...bySource(chosen).map(toFinding)];
}

/** A subject that is named is either met or not: what merely stands nearby is no answer. */
function onSubject(subject: string, dossier: Dossier, candidates: readonly Candidate[]): Finding[] {
  const whole = candidates.filter((one) => !leans(one.sentence));
  // Of a subject of several words, sentences with more than one of them come first; one word alone may mean anything.
  const close = rank(whole, subject, { count: SENTENCES, least: 2 });
  const chosen = close.length >= ENOUGH ? close : rank(whole, subject, { count: SENTENCES, least: 1 });
  const found = bySource(chosen).map(toFinding);
  const files = dossier.papers.length;
  if (found.length > 0 || files === 0) return found;
  const none = files === 1 ? 'The one file read says nothing' : `None of the ${files} files read says anything`;
  return [{ text: `${none} about ${quoted(subject)}.`, nothing: true }];
}

function toFinding(one: Candidate): Finding {
  return { text: one.sentence, source: one.source, quote: one.sentence };
}

/** Sentences of one file together, files in the order of their best. */
function bySource(candidates: readonly Candidate[]): Candidate[] {
  const sources = [...new Set(candidates.map((one) => one.source))];
  return sources.flatMap((source) => candidates.filter((one) => one.source === source));
}

function candidatesIn(dossier: Dossier): Candidate[] {
  const found: Candidate[] = [];
  for (const paper of dossier.papers) {
    if (isDocument(paper.path) || !paper.path.includes('.')) {
      for (const section of readMarkdown(paper.text)) {
        for (const sentence of section.sentences)
          found.push(candidate(sentence, paper.path, section.heading, found.length));
      }
    } else if (isCode(paper.path)) found.push(...fromCode(readCode(paper.path, paper.text), found.length));
  }
  return found;
}

function candidate(sentence: string, source: string, heading: string, place: number): Candidate {
  return { sentence, source, heading, terms: new Set(termsOf(sentence)), place };
}

function fromCode(file: CodeFile, place: number): Candidate[] {
  const about = file.about === undefined ? [] : [candidate(file.about, file.path, '', place)];
  const declared = file.declarations.filter((one) => one.exported && one.about !== undefined);
  return [
    ...about,
    ...declared.map((one, index) =>
      candidate(`${code(one.name)}: ${quoted(one.about ?? '')}`, file.path, one.name, place + index),
    ),
  ];
}

/** TF-IDF of the question's words over all sentences; short, concrete sentences first; nothing said twice. */
function rank(candidates: readonly Candidate[], question: string, { count, least }: ProseOptions): Candidate[] {
  const frequency = new Map<string, number>();
  for (const one of candidates) for (const term of one.terms) frequency.set(term, (frequency.get(term) ?? 0) + 1);
  const wanted = new Set(termsOf(question));
  const rarity = (term: string): number => Math.log(1 + candidates.length / (frequency.get(term) ?? 1));
  const scored = candidates.flatMap((one) => {
    let score = 0;
    const around = [...termsOf(one.heading), ...termsOf(one.source)].filter((term) => !one.terms.has(term));
    for (const term of one.terms) if (wanted.has(term)) score += rarity(term);
    for (const term of new Set(around)) if (wanted.has(term)) score += 0.5 * rarity(term);
    const said = [...one.terms].filter((term) => wanted.has(term)).length;
    const met = said === 0 ? 0 : said + new Set(around.filter((term) => wanted.has(term))).size;
    return score === 0 || met < least
      ? []
      : [
          {
            one,
            score:
              (score * (1 + concreteness(one.sentence)) * (leans(one.sentence) ? 0.4 : 1)) /
              Math.sqrt(6 + one.terms.size),
          },
        ];
  });
  scored.sort((a, b) => b.score - a.score || a.one.place - b.one.place);
  const worth = (scored[0]?.score ?? 0) * WORTH_TELLING;
  return diverse(
    scored.filter((entry) => entry.score >= worth).map((entry) => entry.one),
    count,
  );
}

/** Numbers, names between ticks and paths make a sentence worth more. */
function concreteness(sentence: string): number {
  return (/\d/.test(sentence) ? 0.15 : 0) + (sentence.includes('`') ? 0.15 : 0) + (sentence.includes('“') ? 0.1 : 0);
}

function diverse(ranked: readonly Candidate[], count: number): Candidate[] {
  const kept: Candidate[] = [];
  const seen = new Set<string>();
  const perSource = new Map<string, number>();
  const sources = new Set(ranked.map((one) => one.source)).size;
  const most = Math.max(2, Math.ceil(count / Math.max(1, Math.min(sources, 4))));
  for (const one of ranked) {
    if (kept.length >= count) break;
    const key = sameness(one.sentence);
    const already = perSource.get(one.source) ?? 0;
    if (seen.has(key) || already >= most || kept.some((other) => overlap(other.terms, one.terms) > 0.6)) continue;
    seen.add(key);
    perSource.set(one.source, already + 1);
    kept.push(one);
  }
  return kept;
}

function overlap(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  let shared = 0;
  for (const term of a) if (b.has(term)) shared += 1;
  return shared / Math.max(1, Math.min(a.size, b.size));
}
