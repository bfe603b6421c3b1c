import type { CrewData } from '../definition.ts';
import { CrewError } from '../errors.ts';
import { closest } from '../internal/suggest.ts';
import type { Json } from '../spec/json.ts';
import type { AskedQuestion, QuestionDesk } from '../spec/question.ts';
import type { CallSubject, OpenReview, QuestionId, ReviewSubject } from '../spec/review.ts';
import { editOf, readReviewAnswer } from '../task-review.ts';
import { recall } from '../types.ts';

/** What a question is about, as the run that asked has written it. */
type Subject = ReviewSubject | CallSubject;

/** The questions that nobody has answered yet. */
export function openReviews(questions: readonly AskedQuestion[]): readonly OpenReview[] {
  const open = questions.filter((question) => question.answer === undefined);
  return open.map(({ id, taskName, askedAt, about }) => {
    return { id: recall<QuestionId>(id), taskName, askedAt, ...recall<Subject>(about) };
  });
}

/**
 * Gives an answer to what a run asks, checked here, so that whoever gives it hears of what is wrong with it. `name` is a
 * task's, for the last question about its output, or a question's id.
 * @throws {CrewError} `OPTION_INVALID`, `OUTPUT_INVALID` for an edit, `REVIEW_UNKNOWN`, `REVIEW_ANSWERED`.
 */
export async function giveAnswer(
  crew: CrewData,
  desk: QuestionDesk,
  { name, answer: given }: { readonly name: string; readonly answer: unknown },
): Promise<void> {
  const { runId } = desk;
  const read = readReviewAnswer(given);
  if (!read.ok)
    throw new CrewError('OPTION_INVALID', `answer to "${name}" of run ${runId}: ${read.problem}`, { runId });
  const { answer } = read;
  const question = find(await desk.questions(), name, runId);
  const { taskName } = question;
  if ('edit' in answer) {
    const where = { runId, callId: question.id };
    const subject = recall<Subject>(question.about);
    if (subject.kind === 'tool') {
      const message = `"${name}" is a call of a tool: it can be approved, or sent back with a reason, but not edited.`;
      throw new CrewError('OPTION_INVALID', message, where);
    }
    const task = crew.tasks.find((other) => other.name === taskName);
    const edited = task && (await editOf(task, answer.edit, recall<Json>(subject.output)));
    if (edited?.ok === false) throw new CrewError('OUTPUT_INVALID', `${edited.problem} The review stays open.`, where);
  }
  await desk.answer(question.id, recall<Json>(answer));
}

function find(questions: readonly AskedQuestion[], name: string, runId: string): AskedQuestion {
  const isMeant = ({ taskName, about }: AskedQuestion) => taskName === name && recall<Subject>(about).kind === 'output';
  const found = questions.find(({ id }) => id === name) ?? questions.findLast(isMeant);
  if (found !== undefined) return found;
  const open = openReviews(questions);
  const names = open.map(({ kind, id, taskName }) => (kind === 'output' ? taskName : id));
  const meant = closest(name, names);
  const hint = open.length === 0 ? 'It waits for nobody.' : `It waits for an answer to: ${names.join(', ')}.`;
  const message = `Run ${runId} does not ask about "${name}". ${meant === undefined ? hint : `Did you mean ${meant}?`}`;
  throw new CrewError('REVIEW_UNKNOWN', message, { runId });
}

/** @throws {CrewError} `REVIEW_UNANSWERABLE` for a crew with a task that waits for a person where nobody could ever answer. */
export function refuseUnanswerable({ name, tasks }: CrewData): void {
  const without = tasks.filter(({ humanReview }) => humanReview !== undefined && humanReview.onTimeout === 'fail');
  if (without.length === 0) return;
  const names = without.map((task) => `"${task.name}"`).join(', ');
  const which = without.length === 1 ? `Task ${names} waits` : `Tasks ${names} wait`;
  throw new CrewError(
    'REVIEW_UNANSWERABLE',
    `${which} for a person, and nobody could answer this run of crew "${name}": give review: (request) => answer, use crew.start() and run.answer(), or an engine that keeps runs, such as sqlite({ file: '.crewline/runs.db' }) from 'crewline/sqlite'; or let the review end by itself: humanReview: { timeoutMs, onTimeout: 'approve' }.`,
  );
}
