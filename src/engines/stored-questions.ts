import type { Json, JsonObject } from '../spec/json.ts';
import { recall } from '../types.ts';
import type { RecordedQuestion } from './journal.ts';
import type { GivenAnswer, StoredRecord } from './records.ts';

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
  rows: Iterable<StoredRecord>,
  answers: readonly GivenAnswer[],
): ReadonlyMap<string, RecordedQuestion> {
  const given = new Map(answers.map((answer) => [answer.id, answer]));
  const questions = new Map<string, RecordedQuestion>();
  for (const row of rows) {
    const { kind, key, name } = row;
    if (kind !== 'note') continue;
    if (name === ASKED) {
      questions.set(key, askedIn(key, row.value, given.get(key)));
    }
    if (name === ANEW) for (const id of questions.keys()) if (id.startsWith(`${key}/`)) questions.delete(id);
  }
  return questions;
}

/** A question as its note has it, with what was answered to this asking of it. */
export function askedIn(id: string, value: Json, answer: GivenAnswer | undefined): RecordedQuestion {
  const note = recall<AskedNote>(value);
  return { id, ...note, answer: answer?.asking === note.asking ? answer.value : undefined };
}
