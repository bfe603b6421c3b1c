import type { JsonObject } from '../../spec/json.ts';
import { recall } from '../../types.ts';
import type { RecordedQuestion } from '../journal.ts';
import type { StoredAnswer } from './answers.ts';
import type { RunRecord } from './lease.ts';

/** Notes of a run, by name: a question was asked; a task is begun anew, and so is what it asked. */
export const ASKED = 'asked';
export const ANEW = 'anew';

/** A question as its note has it. */
interface AskedNote {
  readonly taskName: string;
  readonly about: JsonObject;
  readonly askedAt: number;
  readonly asking: string;
}

/** The questions of a run, in the order they were asked, each with its answer. */
export function questionsIn(
  rows: Iterable<RunRecord>,
  answers: readonly StoredAnswer[],
): ReadonlyMap<string, RecordedQuestion> {
  const given = new Map(answers.map((answer) => [answer.id, answer]));
  const questions = new Map<string, RecordedQuestion>();
  for (const { kind, key, name, value } of rows) {
    if (kind !== 'note') continue;
    if (name === ASKED) {
      const note = recall<AskedNote>(value);
      const answer = given.get(key);
      questions.set(key, { id: key, ...note, answer: answer?.asking === note.asking ? answer.value : undefined });
    }
    if (name === ANEW) for (const id of questions.keys()) if (id.startsWith(`${key}/`)) questions.delete(id);
  }
  return questions;
}
