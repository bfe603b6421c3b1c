import { CrewError } from '../errors.ts';
import { LONGEST_TIMER_MS } from '../internal/runtime.ts';
import { closest } from '../internal/suggest.ts';
import type { Json } from '../spec/json.ts';
import type { AskedQuestion, AskOptions, Question } from '../spec/question.ts';
import type { RecordedQuestion } from './journal.ts';
import type { RunFacts } from './run-facts.ts';
import type { WorkNode } from './work-tree.ts';

type Timeout = NonNullable<AskOptions['timeout']>;
type Waiter = (error?: unknown) => void;

/** A question of this run, and who waits for its answer. */
interface Entry {
  readonly asked: RecordedQuestion;
  answer: Json | undefined;
  readonly waiters: Set<Waiter>;
}

/** What one run asks people: kept in memory, and with a journal also where other processes can see and answer it. */
export class Questions {
  readonly #run: RunFacts;
  readonly #entries = new Map<string, Entry>();
  #waiting = 0;
  #isStopped = false;
  #unwatch: (() => void) | undefined;

  constructor(run: RunFacts) {
    this.#run = run;
    for (const asked of run.journal?.questions ?? []) this.#entries.set(asked.id, entryOf(asked));
  }

  questions(): readonly AskedQuestion[] {
    return [...this.#entries.values()].map(({ asked: { asking: _, ...asked }, answer }) => ({ ...asked, answer }));
  }

  async answer(id: string, answer: Json): Promise<void> {
    const entry = this.#entries.get(id);
    if (entry === undefined) throw unknownQuestion(this.#run.runId, id, this.questions());
    refuseOther(this.#run.runId, id, { answer, counts: await this.#settle(entry, answer) });
  }

  async ask(work: WorkNode, question: Question, options: AskOptions): Promise<Json | undefined> {
    const { timeout, wait = true } = options;
    const entry = await this.#opened(question);
    if (entry.answer !== undefined) return entry.answer;
    options.onAsked?.();
    if (timeout !== undefined && this.#leftOf(entry, timeout) <= 0) return this.#settle(entry, timeout.answer);
    if (!wait || this.#isStopped) return undefined;
    this.#watch();
    try {
      await this.#answered(work, entry, options);
    } finally {
      this.#waiting -= 1;
      if (this.#waiting === 0) this.#unwatch?.();
    }
    return entry.answer;
  }

  /** Nobody is waited for any more: what was asked stays open. */
  stop(): void {
    this.#isStopped = true;
    for (const { waiters } of this.#entries.values()) for (const waiter of waiters) waiter();
  }

  /** An answer holds for what was seen: about anything else it is asked anew. */
  async #opened({ id, taskName, about }: Question): Promise<Entry> {
    const known = this.#entries.get(id);
    if (known !== undefined && JSON.stringify(known.asked.about) === JSON.stringify(about)) return known;
    const { runtime, journal } = this.#run;
    const asking = journal === undefined ? '' : runtime.uuid();
    const entry = entryOf({ id, taskName, about, askedAt: runtime.now(), answer: undefined, asking });
    await journal?.recordQuestion(entry.asked);
    this.#entries.set(id, entry);
    return entry;
  }

  #answered(work: WorkNode, entry: Entry, { here, timeout }: AskOptions): Promise<void> {
    const { runtime } = this.#run;
    const asking = here && new AbortController();
    let stopTimer = () => {};
    let unlisten = () => {};
    const over = new Promise<void>((resolve, reject) => {
      entry.waiters.add((error) => (error === undefined ? resolve() : reject(error)));
      unlisten = work.onAbort(reject);
      const settle = (answer: Json) => this.#settle(entry, answer).then(() => resolve(), reject);
      const arm = ({ ms, answer }: Timeout) => {
        const left = this.#leftOf(entry, { ms, answer });
        const look = () => (this.#leftOf(entry, { ms, answer }) > 0 ? arm({ ms, answer }) : void settle(answer));
        stopTimer = runtime.timer(Math.min(Math.max(0, left), LONGEST_TIMER_MS), look, 'bound');
      };
      if (timeout !== undefined) arm(timeout);
      if (here === undefined || asking === undefined) return;
      // Who answers although nobody waits any more answers nothing.
      here(asking.signal).then((answer) => (asking.signal.aborted ? undefined : settle(answer)), reject);
    });
    return over.finally(() => {
      stopTimer();
      unlisten();
      entry.waiters.clear();
      asking?.abort();
    });
  }

  #leftOf({ asked }: Entry, { ms }: Timeout): number {
    return asked.askedAt + ms - this.#run.runtime.now();
  }

  /** Gives an answer, unless there is one; what comes back is the one that counts. */
  async #settle(entry: Entry, answer: Json): Promise<Json> {
    const { journal } = this.#run;
    const counts = entry.answer ?? (journal === undefined ? answer : await journal.answer(entry.asked, answer));
    entry.answer ??= counts;
    for (const waiter of entry.waiters) waiter();
    return counts;
  }

  /** Answers from elsewhere are looked for only while somebody waits. */
  #watch(): void {
    this.#waiting += 1;
    if (this.#waiting > 1) return;
    this.#unwatch = this.#run.journal?.watchAnswers({
      answered: (id, asking, answer) => {
        const entry = this.#entries.get(id);
        if (entry === undefined || entry.asked.asking !== asking) return;
        entry.answer ??= answer;
        for (const waiter of entry.waiters) waiter();
      },
      failed: (error) => {
        for (const { waiters } of this.#entries.values()) for (const waiter of waiters) waiter(error);
      },
    });
  }
}

function entryOf(asked: RecordedQuestion): Entry {
  return { asked, answer: asked.answer, waiters: new Set() };
}

/** The error for an answer to what was not asked; it names what is open. */
export function unknownQuestion(runId: string, id: string, known: readonly AskedQuestion[]): CrewError {
  const open = known.filter((question) => question.answer === undefined).map((question) => question.id);
  const meant = closest(id, open);
  const hint =
    open.length === 0
      ? 'It asks nothing at present.'
      : meant === undefined
        ? `It asks: ${open.join(', ')}.`
        : `Did you mean ${meant}?`;
  return new CrewError('REVIEW_UNKNOWN', `Run ${runId} has no question "${id}". ${hint}`, { runId });
}

/** @throws {CrewError} `REVIEW_ANSWERED` where another answer counts. */
export function refuseOther(
  runId: string,
  id: string,
  { answer, counts }: { readonly answer: Json; readonly counts: Json },
): void {
  if (JSON.stringify(answer) === JSON.stringify(counts)) return;
  const message = `Question "${id}" of run ${runId} was answered before, and the first answer counts: ${JSON.stringify(counts).slice(0, LONGEST_TOLD)}`;
  throw new CrewError('REVIEW_ANSWERED', message, { runId });
}

/** Characters of an answer that an error tells. */
const LONGEST_TOLD = 200;
