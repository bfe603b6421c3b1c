import type { Attempt, OutcomeLookup, TaskCtx } from '../spec/engine.ts';
import type { Json } from '../spec/json.ts';
import type { TaskOutcome } from '../spec/outcome.ts';
import type { AskOptions, Question } from '../spec/question.ts';
import type { Usage } from '../usage.ts';
import { MemoryScope, type ScopeRun } from './memory-scope.ts';
import { BOUNDLESS, type Places, Seat, TreePlace } from './places.ts';

/** The scope of a task, or of a piece of delegated work. */
export class TaskScope extends MemoryScope implements TaskCtx {
  declare protected readonly parent: MemoryScope;

  constructor(run: ScopeRun, parent: MemoryScope, key: string) {
    super(run, key, parent);
    // Where there is a journal it matters whether all of a task waits.
    const places = run.places ?? (run.journal && BOUNDLESS);
    if (places === undefined) return;
    this.seat = new Seat(parent instanceof TaskScope ? parent.place(places) : this.#ownPlace(places), this);
  }

  #ownPlace(places: Places): TreePlace {
    return new TreePlace(places, () => {
      // It has come so far; if its process ends while people think, that is not its doing.
      this.run.journal?.recordStopped(this.key);
      return this.run.standsStill?.(this.key);
    });
  }

  get priority(): number {
    return this.run.priority(this.key);
  }

  get attended(): boolean | undefined {
    return this.run.attended;
  }

  get usedBefore(): Usage | undefined {
    return this.run.journal?.usedBefore(this.key);
  }

  override get deadline(): number {
    return Math.min(super.deadline, this.parent.deadline);
  }

  outcomes(keys?: () => readonly string[]): OutcomeLookup | Promise<OutcomeLookup> {
    return this.run.outcomes(keys);
  }

  giveWay(): () => void | Promise<void> {
    const { seat } = this;
    if (seat === undefined) return NOTHING;
    seat.given += 1;
    this.stepEnded(seat);
    let given = true;
    return () => {
      if (!given) return;
      given = false;
      seat.given -= 1;
      return seat.resume();
    };
  }

  standStill(): () => void | Promise<void> {
    this.stand();
    const back = this.giveWay();
    const answered = this.seat?.place.stand();
    return () => {
      this.goOn();
      const goingOn = answered?.();
      return goingOn === undefined ? back() : goingOn.then(back);
    };
  }

  ask(question: Question, options: AskOptions = {}): Promise<Json | undefined> {
    return this.run.desk.ask(this, question, options);
  }

  isRecorded(step: string): boolean {
    return this.run.journal?.stepOf(this.key, step) !== undefined;
  }

  endWith(outcome: TaskOutcome): void {
    this.run.endTask(this, this.parent, outcome);
  }

  attempt(number: number): Attempt {
    const attempt = new AttemptScope(this.run, this, number === 1 ? this.key : `${this.key}/attempt.${number}`);
    // It works in this one's stead, in the same place.
    this.rest();
    return attempt;
  }

  /** The work rests when every step of it under way does. */
  protected override stepEnded(seat: Seat): void {
    if (seat.given > 0 && seat.given >= this.inFlight) seat.rest();
  }

  /** Where work that this one delegates is counted. */
  place(places: Places): TreePlace {
    return this.seat?.place ?? new TreePlace(places);
  }
}

/** One try of a task. */
class AttemptScope extends TaskScope implements Attempt {
  readonly #task: TaskScope;

  constructor(run: ScopeRun, task: TaskScope, key: string) {
    super(run, task, key);
    this.#task = task;
  }

  /** A try is no task: what ends is the task. */
  override endWith(outcome: TaskOutcome): void {
    this.#task.endWith(outcome);
  }

  /** A try that was ended while it only waited has given the place away: the task has to wait for one again. */
  override end(): void | Promise<void> {
    // Before this one leaves the place that they share, so that it stays theirs.
    const back = this.#task.resume();
    super.end();
    this.rest();
    return back;
  }
}

const NOTHING = () => {};
