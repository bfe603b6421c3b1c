import { createHash } from 'node:crypto';
import { CrewError } from '../errors.ts';
import { knowsSecrets, redactAll } from '../internal/redact.ts';
import { didYouMean } from '../internal/suggest.ts';
import type { Decision, Decisions } from '../spec/decision.ts';
import type { Json } from '../spec/json.ts';
import type { CallCost } from '../spec/limits.ts';
import type { RunResult, TaskOutcome } from '../spec/outcome.ts';
import type { Once } from '../spec/step.ts';
import { recall } from '../types.ts';
import type { Usage } from '../usage.ts';
import type { AnswerListener, Journal, RecordedQuestion, RecordedSignal, RecordedStep } from './journal.ts';
import { OneByOne } from './one-by-one.ts';
import { endIn, outcomeFromJson, outcomeToJson, resultToJson, stepFromJson, stepToJson } from './outcome-json.ts';
import { SUSPICIOUS_TRIES } from './poison.ts';
import type { AnswerBox, GivenAnswer, OutcomeSource, RunLog, RunRecord } from './records.ts';
import { ANEW, ASKED, askedIn } from './stored-questions.ts';

/** A note: what a budget paid. Others are those of questions. */
export const SPENT = 'spent';
/** A step begins that may not be done twice. */
const BEGUN = 'begun';
/** A task is begun; it was stopped, or waits for a person. */
const TRIED = 'tried';
const STOPPED = 'stopped';

/** What a run begins with that is gone on with, or takes over what another one has. Nothing of it, for one that is new. */
interface Earlier {
  readonly records?: readonly RunRecord[];
  readonly answers?: readonly GivenAnswer[];
  readonly decisions?: Decisions;
  /** Whether another process has worked it, although it may have recorded nothing. @default false */
  readonly isResumed?: boolean;
  /** Whose outcomes may serve this one. */
  readonly source?: OutcomeSource | undefined;
}

/** What the rows of one run say, and where further ones go. Values are read when they are asked for. */
export class WrittenRun implements Journal {
  readonly signals: RecordedSignal[] = [];
  readonly #log: RunLog;
  /** By key of the work, then by name of the step. */
  readonly #steps = new Map<string, Map<string, Pick<RunRecord, 'value'>>>();
  readonly #outcomes = new Map<string, Pick<RunRecord, 'value'>>();
  /** By task: the keys of what it gave to others. */
  readonly #delegated = new Map<string, Set<string>>();
  /** By key of the task, of those that are begun anew. */
  readonly #used = new Map<string, Usage>();
  /** By key of the task: see `triesOf`. */
  readonly #tries = new Map<string, number>();
  readonly #suspects = new OneByOne();
  readonly #isResumed: boolean;
  readonly #spent = new Map<string, CallCost[]>();
  /** Ids of the calls that were begun in an earlier stretch and may not be made twice. */
  readonly #begun = new Set<string>();
  readonly #decisions: Decisions;
  readonly #source: OutcomeSource | undefined;

  readonly #answers: AnswerBox;
  readonly #questions = new Map<string, RecordedQuestion>();

  constructor(
    log: RunLog,
    box: AnswerBox,
    { records = [], answers = [], decisions = {}, isResumed = false, source }: Earlier,
  ) {
    this.#log = log;
    this.#answers = box;
    this.#decisions = decisions;
    this.#source = source;
    this.#isResumed = isResumed;
    for (const record of records) this.read(record);
    for (const answer of answers) this.answered(answer);
  }

  /** A decision on a call that was never begun is a mistyped id, and the call that was meant would only wait again. */
  refuseStrangers(): void {
    const stranger = Object.keys(this.#decisions).find((callId) => !this.#begun.has(callId));
    if (stranger === undefined) return;
    const known = [...this.#begun];
    const hint = known.length === 0 ? ' None is.' : didYouMean(stranger, known);
    const { runId } = this.#log;
    const message = `decisions names ${JSON.stringify(stranger)}, and no call of that id that may be made only once was ever begun in run ${runId}.${hint}`;
    throw new CrewError('OPTION_INVALID', message, { runId });
  }

  get questions(): readonly RecordedQuestion[] {
    return [...this.#questions.values()];
  }

  stepOf(key: string, name: string): RecordedStep | undefined {
    const stored = this.#steps.get(key)?.get(name);
    return stored === undefined ? undefined : stepFromJson(stored.value);
  }

  outcomeOf(key: string): TaskOutcome | undefined {
    const stored = this.#outcomes.get(key);
    return stored === undefined ? undefined : outcomeFromJson(stored.value);
  }

  onceFor(key: string, step: string): Once {
    const callId = `${key}/${step}`;
    return {
      decided: (what) => (this.#begun.has(callId) ? this.#decided(callId, what) : undefined),
      begin: async () => {
        await this.#log.append({ kind: 'note', key, name: BEGUN, value: step });
      },
    };
  }

  #decided(callId: string, what: string): Exclude<Decision, 'retry'> | undefined {
    const decision = this.#decisions[callId];
    if (decision !== undefined) return decision === 'retry' ? undefined : decision;
    const { runId } = this.#log;
    throw new CrewError(
      'NEEDS_DECISION',
      `${what} was being carried out when the run was cut off, and its tool may be called once only: nobody here knows whether it was done. Find out, then resume with decisions: { ${JSON.stringify(callId)}: 'skip' } if it was, 'retry' if it was not, or { result } with what it came to.`,
      { runId, callId, resumable: true },
    );
  }

  spentOf(budget: string): readonly CallCost[] {
    return this.#spent.get(budget) ?? [];
  }

  triesOf(key: string): number {
    return this.#tries.get(key) ?? 0;
  }

  recordTry(key: string): Promise<void> | undefined {
    if (this.triesOf(key) >= SUSPICIOUS_TRIES) return this.#suspects.enter(key).then(() => this.#tried(key));
    const written = this.#tried(key);
    // A process that ends in the very tick in which it begins a task is worth a wait only when it has ended before.
    if (this.#isResumed) return written;
    written.catch(ignore);
    return undefined;
  }

  async #tried(key: string): Promise<void> {
    await this.#log.append({ kind: 'note', key, name: TRIED, value: null });
  }

  recordStopped(key: string): void {
    this.#suspects.leave(key);
    this.#log.append({ kind: 'note', key, name: STOPPED, value: null }).catch(ignore);
  }

  usedBefore(key: string): Usage | undefined {
    return this.#used.get(key);
  }

  async recordStep(key: string, name: string, step: RecordedStep): Promise<RecordedStep> {
    const other = await this.#write({ kind: 'step', key, name, value: stepToJson(step) });
    return other === undefined ? step : stepFromJson(other);
  }

  takeOver(key: string, fingerprint: string): TaskOutcome | undefined {
    const outcome = this.#source?.outcomeOf(key, fingerprint);
    return outcome?.status === 'done' && outcome.error === null ? outcome : undefined;
  }

  digest(text: string): string {
    return createHash('sha256').update(text).digest('base64url');
  }

  async recordOutcome(key: string, outcome: TaskOutcome, fingerprint?: string): Promise<TaskOutcome> {
    this.#suspects.leave(key);
    const other = await this.#write({
      kind: 'task',
      key,
      name: outcome.status,
      value: outcomeToJson(outcome, fingerprint),
    });
    return other === undefined ? outcome : outcomeFromJson(other);
  }

  async recordSignal({ topic, value, key }: RecordedSignal): Promise<void> {
    await this.#write({ kind: 'signal', key, name: topic, value });
  }

  async recordQuestion({ id, taskName, about, askedAt, asking }: RecordedQuestion): Promise<void> {
    await this.#write({ kind: 'note', key: id, name: ASKED, value: { taskName, about, askedAt, asking } });
  }

  async answer(question: RecordedQuestion, answer: Json): Promise<Json> {
    return this.#answers.answer(this.#log.runId, question, clean(answer));
  }

  watchAnswers(listener: AnswerListener): () => void {
    return this.#answers.watch(this.#log.runId, listener);
  }

  /** Not waited for: the answer that it paid for is written after it, and nothing is built on that before. */
  recordSpent(budget: string, { tokens, costUsd }: CallCost): void {
    this.#log.append({ kind: 'note', key: budget, name: SPENT, value: { tokens, costUsd } }).catch(ignore);
  }

  async recordEnd(result: RunResult): Promise<void> {
    await this.#log.end(result.status, clean(resultToJson(result)));
  }

  /**
   * Tries anew what failed; what it had done before is forgotten, what it had spent is not. A task that has called a tool
   * which may be called once only stays as it is.
   */
  async tryFailedAnew(): Promise<void> {
    const anew = this.triesAnew;
    await Promise.all(anew.map((note) => this.#log.append(note)));
    for (const { key } of anew) this.#forget(key);
  }

  /** The notes of what is to be tried anew. */
  get triesAnew(): readonly RunRecord[] {
    return [...this.#outcomes].flatMap(([key, stored]) => {
      if (key.includes('/')) return [];
      const { status, acted } = endIn(stored.value);
      return status === 'failed' && !acted ? [{ kind: 'note', key, name: ANEW, value: null }] : [];
    });
  }

  #write(record: RunRecord): Promise<Json | undefined> {
    return this.#log.append({ ...record, value: clean(record.value) });
  }

  /** Takes in what was written elsewhere. Its value is read once somebody asks for it. */
  read(record: RunRecord): void {
    const { kind, key, name } = record;
    switch (kind) {
      case 'step': {
        const steps = this.#steps.get(key) ?? new Map<string, RunRecord>();
        this.#steps.set(key, steps.set(name, record));
        this.#tries.delete(this.#taskOf(key));
        break;
      }
      case 'task':
        this.#outcomes.set(key, record);
        this.#tries.delete(this.#taskOf(key));
        break;
      case 'signal':
        this.signals.push({ topic: name, value: record.value, key });
        break;
      case 'note':
        this.#readNote(record);
        break;
    }
  }

  #readNote({ key, name, value }: RunRecord): void {
    // Who has asked has come further.
    if (name === STOPPED || name === ASKED) this.#tries.delete(this.#taskOf(key));
    if (name === ANEW) this.#forget(key);
    else if (name === TRIED) this.#tries.set(key, this.triesOf(key) + 1);
    else if (name === BEGUN) this.#begun.add(`${key}/${value}`);
    else if (name === ASKED) this.#questions.set(key, askedIn(key, value, undefined));
    else if (name === SPENT) this.#paid(key).push(recall<CallCost>(value));
  }

  /** The task that this work belongs to, which may be forgotten with all that it gave to others. */
  #taskOf(key: string): string {
    const end = key.indexOf('/');
    if (end < 0) return key;
    const task = key.slice(0, end);
    const delegated = this.#delegated.get(task) ?? new Set();
    this.#delegated.set(task, delegated.add(key));
    return task;
  }

  /** Takes in an answer that was given elsewhere, to that asking of a question. */
  answered({ id, asking, value }: GivenAnswer): void {
    const question = this.#questions.get(id);
    if (question?.asking === asking) this.#questions.set(id, { ...question, answer: value });
  }

  #paid(budget: string): CallCost[] {
    const paid = this.#spent.get(budget) ?? [];
    this.#spent.set(budget, paid);
    return paid;
  }

  /** All that is known of a task, its tries and what it delegated included. */
  #forget(task: string): void {
    const failed = this.outcomeOf(task);
    if (failed !== undefined) this.#used.set(task, failed.usage);
    this.#tries.delete(task);
    for (const key of [task, ...(this.#delegated.get(task) ?? [])]) {
      this.#steps.delete(key);
      this.#outcomes.delete(key);
    }
    this.#delegated.delete(task);
    for (const id of this.#questions.keys()) if (id === task || id.startsWith(`${task}/`)) this.#questions.delete(id);
  }
}

/** No secret goes into a file. */
export function clean(value: Json): Json {
  return knowsSecrets() ? redactAll(value) : value;
}

/** The write that comes next says it, and ends the run. */
function ignore(): void {}
