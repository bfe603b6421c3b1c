import type { Conversation, Source } from './conversation.ts';
import type { Dossier, Paper } from './dossier.ts';
import { takeApart, withoutSource } from './join.ts';
import { plainText } from './markdown.ts';
import { code, type Finding } from './topics/finding.ts';
import { counted, few, sameness } from './words.ts';

/** A statement that says which file it comes from. */
interface Claim {
  readonly text: string;
  readonly source: string;
}

/** True when a task with material of others, or the one who works it, is there to check. */
export function isChecking(task: Conversation): boolean {
  // Behind that heading stands what holds for everybody, checkers or not.
  const who = task.persona.split('# How you work')[0] ?? '';
  const signs = /\bcheck(?:er|s|ing)?\b|\bverif(?:y|ies)\b/i;
  return task.sources.length > 0 && signs.test(`${who}\n${task.description}`);
}

/** The statements of the material that name their file. */
function claimsIn(sources: readonly Source[]): Claim[] {
  return takeApart(sources).flatMap((piece) =>
    piece.lines.flatMap((line) => {
      const { text, source } = withoutSource(line.text);
      return line.kind === 'heading' || source === undefined ? [] : [{ text, source }];
    }),
  );
}

/** The files that must be read to check the material. */
export function filesToCheck(task: Conversation): string[] {
  return [...new Set(claimsIn(task.sources).map((claim) => claim.source))];
}

/** Compares each statement with the file that it names: those that stand there, and those that do not. */
export function verdicts(task: Conversation, dossier: Dossier): Finding[] {
  const texts = new Map(dossier.papers.map((paper) => [paper.path, searchable(paper)]));
  const claims = claimsIn(task.sources).filter((claim) => texts.has(claim.source));
  if (claims.length === 0) return [];
  const stands = claims.filter((claim) => isIn(claim, texts.get(claim.source) ?? ''));
  const fails = claims.filter((claim) => !stands.includes(claim));
  const files = new Set(claims.map((claim) => claim.source)).size;
  const lead = `${stands.length} of ${counted(claims.length, 'statement')} stand word for word in the file that they name (${counted(files, 'file')} read again).`;
  const doubts = fails.map((claim) => code(claim.source));
  const doubt =
    fails.length === 0
      ? []
      : [
          {
            text: `Not found word for word: ${counted(fails.length, 'statement')}, from ${few([...new Set(doubts)], 6)}.`,
          },
        ];
  return [{ text: lead }, ...doubt, ...stands.map((claim) => ({ ...claim, quote: claim.text }))];
}

/** Words alone, so that line breaks and markup make no difference. */
function searchable(paper: Paper): string {
  return ` ${sameness(
    paper.text
      .split('\n')
      .map((line) => plainText(line))
      .join(' '),
  )} `;
}

/** What a statement quotes must be there; of one that quotes nothing, all of it. */
function isIn(claim: Claim, text: string): boolean {
  const quotes = claim.text
    .split('“')
    .slice(1)
    .map((part) => part.split('”')[0] ?? '');
  return (quotes.length > 0 ? quotes : [claim.text]).every((part) => text.includes(` ${sameness(part)} `));
}
