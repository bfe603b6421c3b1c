import { CrewError, messageOf } from '../errors.ts';
import { type Bounds, bounded } from '../internal/bounded.ts';
import type { Reviewed } from '../loop/assignment.ts';
import type { TaskCtx } from '../spec/engine.ts';
import type { Json } from '../spec/json.ts';
import type { AskOptions } from '../spec/question.ts';
import type { QuestionId, ReviewAnswer, ReviewSubject } from '../spec/review.ts';
import { editOf, readReviewAnswer } from '../task-review.ts';
import type { ReviewRules, TaskData } from '../task-shape.ts';
import { recall } from '../types.ts';
import type { CompiledCrew } from './compiled-crew.ts';
import { type People, peopleOf } from './people.ts';

/** How often a person may send an output back; the next time the task fails. */
const MAX_SEND_BACKS = 3;
/** Edits in a row that do not fit; they are refused where they are given, so more than one is a mistake of the callback's. */
const MAX_WRONG_EDITS = 3;
/** How long a run waits that is gone with its process, where the task does not say: a day. */
const MEMORY_TIMEOUT_MS = 86_400_000;

/** One task, or one try of it, whose output a person has to see. */
export interface Reviewing {
  readonly crew: CompiledCrew;
  readonly ctx: TaskCtx;
  readonly task: TaskData;
  /** Who makes the output; null for code. */
  readonly agent: string | null;
  /** How long the output schema is waited for. */
  readonly bounds: Bounds;
}

/** An output that is finished but for this. */
export interface Draft {
  readonly output: Json;
  readonly raw: string;
}

/** What came of one question, as its step records it. */
type Said =
  | { readonly said: 'approve' | 'fail'; readonly timedOut: boolean }
  | { readonly said: 'edit'; readonly output: Json }
  | { readonly said: 'sendBack'; readonly reason: string };

/**
 * Shows a task's outputs to a person, one after another, each as one step; undefined where nobody has to see them.
 * @throws {CrewError} from what it returns: `REVIEW_PENDING` where nobody is there, `REVIEW_TIMEOUT`, and `REVIEW_REJECTED`
 * when an output was sent back once too often.
 */
export function reviewerOf(reviewing: Reviewing): ((draft: Draft) => Promise<Reviewed>) | undefined {
  const { ctx, task } = reviewing;
  const rules = task.humanReview;
  if (rules === undefined) return undefined;
  const reasons: string[] = [];
  let round = 0;
  return async (draft) => {
    round += 1;
    const step = `review.${round}`;
    const said = await ctx.step(step, () => untilItFits({ ...reviewing, rules, id: `${ctx.key}/${step}` }, draft));
    switch (said.said) {
      case 'approve':
        return { kind: 'accepted', output: draft.output };
      case 'edit':
        return { kind: 'accepted', output: said.output };
      case 'fail':
        throw tooLate(reviewing, rules);
      case 'sendBack':
        reasons.push(said.reason);
        if (reasons.length > MAX_SEND_BACKS) throw rejected(reviewing, reasons);
        return { kind: 'sentBack', reason: said.reason };
    }
  };
}

interface Asking extends Reviewing {
  readonly rules: ReviewRules;
  readonly id: QuestionId;
}

/** Asks until the answer is one that can be: an edit that does not fit is told to who gave it. */
async function untilItFits(asking: Asking, draft: Draft): Promise<Said> {
  const { task, bounds, id } = asking;
  let problem: string | null = null;
  for (let time = 1; time <= MAX_WRONG_EDITS; time += 1) {
    const answer = await ask({ ...asking, id: time === 1 ? id : `${id}.${time}` }, { draft, problem });
    if ('timedOut' in answer) return { said: answer.timedOut, timedOut: true };
    if ('approve' in answer) return { said: 'approve', timedOut: false };
    if ('sendBack' in answer) return { said: 'sendBack', reason: answer.sendBack };
    const edited = await bounded(() => editOf(task, answer.edit, draft.output), bounds);
    if (edited.ok) return { said: 'edit', output: edited.output };
    problem = edited.problem;
  }
  const message = `Task "${task.name}" was given ${MAX_WRONG_EDITS} edits that cannot be its output. The last one: ${problem}`;
  throw new CrewError('OUTPUT_INVALID', message, whereOf(asking));
}

type Answer = ReviewAnswer | { readonly timedOut: ReviewRules['onTimeout'] };

async function ask(
  asking: Asking,
  { draft, problem }: { readonly draft: Draft; readonly problem: string | null },
): Promise<Answer> {
  const { crew, ctx, task, agent, rules, id } = asking;
  const { output, raw } = draft;
  const question = rules.question ?? null;
  const subject = { kind: 'output', agent, question, output, raw, problem } as const satisfies ReviewSubject;
  const people = peopleOf(crew, ctx);
  const at = { taskName: task.name, callId: id, ...(agent !== null && { agent }) };
  const known = { ...(question !== null && { question }), ...(problem !== null && { problem }) };
  let back: ReturnType<TaskCtx['standStill']> | undefined;
  const onAsked = () => {
    ctx.events.emit('review.requested', () => ({ kind: 'output', ...at, output, raw, ...known }));
    // Nothing of it is held, and no time runs, while somebody thinks.
    back = ctx.standStill();
  };
  try {
    const options = { onAsked, ...optionsFor(asking, people, subject) };
    const answer = await ctx.ask({ id, taskName: task.name, about: subject }, options);
    if (answer === undefined) throw pending(asking);
    const given = recall<Answer>(answer);
    ctx.events.emit('review.answered', () => ({ kind: 'output', ...at, ...told(given) }));
    return given;
  } finally {
    await back?.();
  }
}

function optionsFor(asking: Asking, { review, waits, durable }: People, subject: ReviewSubject): AskOptions {
  const { ctx, task, rules, id } = asking;
  const ms = rules.timeoutMs ?? (durable ? undefined : MEMORY_TIMEOUT_MS);
  const here = async (signal: AbortSignal): Promise<Json> => {
    const { agent, output, raw, question, problem } = subject;
    const asked = { agent, output, raw, question: question ?? undefined, problem: problem ?? undefined };
    const request = { id, runId: ctx.runId, taskName: task.name, ...asked, signal };
    let given: unknown;
    try {
      given = await review?.(request);
    } catch (cause) {
      const message = `The review callback threw when it was asked about task "${task.name}": ${messageOf(cause)}`;
      throw new CrewError('TASK_FAILED', message, { ...whereOf(asking), cause });
    }
    const read = readReviewAnswer(given);
    if (read.ok) return recall<Json>(read.answer);
    const message = `The review callback answered wrongly about task "${task.name}": ${read.problem}`;
    throw new CrewError('TASK_FAILED', message, whereOf(asking));
  };
  return {
    ...(review !== undefined && { here }),
    ...(ms !== undefined && { timeout: { ms, answer: { timedOut: rules.onTimeout } } }),
    // One that approves by itself gets its answer, whoever is there.
    wait: waits || review !== undefined || rules.onTimeout === 'approve',
  };
}

function told(answer: Answer) {
  if ('timedOut' in answer) return { answer: answer.timedOut, timedOut: true } as const;
  if ('approve' in answer) return { answer: 'approve', timedOut: false } as const;
  if ('edit' in answer) return { answer: 'edit', timedOut: false } as const;
  return { answer: 'sendBack', timedOut: false, reason: answer.sendBack } as const;
}

function whereOf({ ctx, task, agent }: Reviewing) {
  return { runId: ctx.runId, taskName: task.name, ...(agent !== null && { agent }) };
}

function pending(asking: Asking): CrewError {
  const { ctx, task, rules } = asking;
  const asks = rules.question === undefined ? '' : ` (${rules.question})`;
  const [run, name] = [`'${ctx.runId}'`, `'${task.name}'`];
  const message = `Task "${task.name}" waits for a person to look at its output${asks}. Answer with crew.answer(${run}, ${name}, { approve: true }), or with { edit: value } or { sendBack: reason }; then go on with crew.resume(${run}).`;
  return new CrewError('REVIEW_PENDING', message, { ...whereOf(asking), callId: asking.id });
}

function tooLate(reviewing: Reviewing, rules: ReviewRules): CrewError {
  const ms = rules.timeoutMs ?? MEMORY_TIMEOUT_MS;
  const option = rules.timeoutMs === undefined ? 'the bound of a run in memory' : 'humanReview.timeoutMs';
  const message = `Nobody has looked at the output of task "${reviewing.task.name}" within ${ms} ms (${option}).`;
  return new CrewError('REVIEW_TIMEOUT', message, whereOf(reviewing));
}

function rejected(reviewing: Reviewing, reasons: readonly string[]): CrewError {
  const list = reasons.map((reason) => `\n- ${reason}`).join('');
  const message = `The output of task "${reviewing.task.name}" was sent back ${reasons.length} times:${list}`;
  return new CrewError('REVIEW_REJECTED', message, whereOf(reviewing));
}
