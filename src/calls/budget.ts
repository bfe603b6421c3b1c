import { type BudgetError, CrewError, type ErrorDetails } from '../errors.ts';
import { budgetError } from '../internal/budget-error.ts';
import { onAbort } from '../internal/on-abort.ts';
import type { Runtime } from '../internal/runtime.ts';
import type { Emitter } from '../spec/engine.ts';
import type { Budget, BudgetKind, BudgetLimits, CallCost, Reservation, Spender } from '../spec/limits.ts';
import { roundUsd } from '../usage.ts';

/** What a budget belongs to, and where it is told of. */
export interface BudgetFacts {
  readonly runId: string;
  /** The task whose own budget this is; undefined for the run's. */
  readonly taskName?: string | undefined;
  readonly limits: BudgetLimits;
  readonly events: Emitter;
  readonly runtime: Runtime;
  /** What earlier stretches of a durable run have paid. @default nothing */
  readonly paid?: readonly CallCost[];
  /** Told what each call has cost, so that a later stretch counts it. */
  readonly onPaid?: (cost: CallCost) => void;
}

/** A call that waits until others have settled. */
interface Waiting {
  readonly cost: CallCost;
  readonly spender: Spender;
  readonly resolve: (reservation: Reservation) => void;
  readonly reject: (error: unknown) => void;
  readonly unlisten: () => void;
}

/** The part of a bound at which it is told that it will soon be reached. */
const WARN_AT = 0.8;

/** One budget of one run, or of one of its tasks, as all who spend it share it. Its wall time counts from when it is made. */
export class BudgetLedger implements Budget {
  readonly #facts: BudgetFacts;
  readonly #startedAt: number;
  /** Attempts that were let through, those under way included. */
  #calls = 0;
  #underWay = 0;
  #usedTokens = 0;
  #usedUsd = 0;
  #reservedTokens = 0;
  #reservedUsd = 0;
  /** First come, first served: who needs much is not overtaken for ever by those who need little. */
  readonly #waiting = new Set<Waiting>();
  readonly #warned = new Set<BudgetKind>();

  constructor(facts: BudgetFacts) {
    this.#facts = facts;
    this.#startedAt = facts.runtime.monotonic();
    for (const cost of facts.paid ?? []) this.pay(cost);
  }

  /** Counts a call that somebody else has paid for: an earlier stretch of the run, or another machine. */
  pay({ tokens, costUsd }: CallCost): void {
    this.#calls += 1;
    this.#usedTokens += tokens;
    this.#usedUsd = roundUsd(this.#usedUsd + (costUsd ?? 0));
  }

  reserve(cost: CallCost, spender: Spender): Reservation | Promise<Reservation> {
    this.#warnOfTime();
    const refusal = this.#refusal(cost, spender);
    if (refusal !== undefined) throw refusal;
    if (this.#waiting.size === 0 && this.#fits(cost)) return this.#grant(cost);
    return this.#wait(cost, spender);
  }

  /** Why no call may be made, whatever those under way will turn out to cost. */
  #refusal(cost: CallCost, spender: Spender): CrewError | undefined {
    const { tokens, modelCalls, costUsd, wallMs } = this.#facts.limits;
    if (costUsd !== undefined && cost.costUsd === null) return this.#unpriced(spender);
    if (wallMs !== undefined && this.#elapsed() >= wallMs) return this.exceeded('wallMs', spender);
    if (modelCalls !== undefined && this.#calls >= modelCalls) return this.exceeded('modelCalls', spender);
    if (tokens !== undefined && this.#usedTokens >= tokens) return this.exceeded('tokens', spender);
    // What costs nothing can always be paid.
    if (costUsd !== undefined && this.#usedUsd >= costUsd && cost.costUsd !== 0)
      return this.exceeded('costUsd', spender);
    return undefined;
  }

  #fits({ tokens, costUsd }: CallCost): boolean {
    if (this.#underWay === 0) return true;
    const { limits } = this.#facts;
    if (limits.tokens !== undefined && this.#usedTokens + this.#reservedTokens + tokens > limits.tokens) return false;
    return limits.costUsd === undefined || this.#usedUsd + this.#reservedUsd + (costUsd ?? 0) <= limits.costUsd;
  }

  #grant(cost: CallCost): Reservation {
    const { limits } = this.#facts;
    // Alone, a call may cost more than is left: then all that is left is put aside.
    const tokens = Math.min(cost.tokens, (limits.tokens ?? Number.POSITIVE_INFINITY) - this.#usedTokens);
    const costUsd = Math.min(cost.costUsd ?? 0, (limits.costUsd ?? Number.POSITIVE_INFINITY) - this.#usedUsd);
    this.#calls += 1;
    this.#underWay += 1;
    this.#reservedTokens += tokens;
    this.#reservedUsd += costUsd;
    this.#warn('modelCalls', this.#calls);
    let open = true;
    return {
      settle: (spent) => {
        if (!open) return;
        open = false;
        this.#underWay -= 1;
        this.#reservedTokens -= tokens;
        // Money in fractions: what is subtracted again may leave a trace.
        this.#reservedUsd = this.#underWay === 0 ? 0 : this.#reservedUsd - costUsd;
        if (spent === undefined) this.#calls -= 1;
        else {
          this.#usedTokens += spent.tokens;
          this.#usedUsd = roundUsd(this.#usedUsd + (spent.costUsd ?? costUsd));
          this.#facts.onPaid?.(spent);
        }
        this.#warn('tokens', this.#usedTokens);
        this.#warn('costUsd', this.#usedUsd);
        this.#warnOfTime();
        this.#serve();
      },
    };
  }

  #wait(cost: CallCost, spender: Spender): Promise<Reservation> {
    return new Promise((resolve, reject) => {
      const signal = spender.signal();
      if (signal.aborted) {
        reject(signal.reason);
        return;
      }
      const unlisten = onAbort(signal, () => {
        this.#waiting.delete(waiting);
        reject(signal.reason);
        // It may have been the one that the others stood behind.
        this.#serve();
      });
      const waiting: Waiting = { cost, spender, resolve, reject, unlisten };
      this.#waiting.add(waiting);
    });
  }

  /** Lets those through, in their order, who may go now, and turns away those for whom nothing is left. */
  #serve(): void {
    for (const waiting of this.#waiting) {
      const refusal = this.#refusal(waiting.cost, waiting.spender);
      if (refusal === undefined && !this.#fits(waiting.cost)) return;
      this.#waiting.delete(waiting);
      waiting.unlisten();
      if (refusal === undefined) waiting.resolve(this.#grant(waiting.cost));
      else waiting.reject(refusal);
    }
  }

  #elapsed(): number {
    return this.#facts.runtime.monotonic() - this.#startedAt;
  }

  #warnOfTime(): void {
    if (this.#facts.limits.wallMs !== undefined) this.#warn('wallMs', this.#elapsed());
  }

  #warn(kind: BudgetKind, used: number): void {
    const { limits, taskName, events } = this.#facts;
    const limit = limits[kind];
    if (limit === undefined || used < limit * WARN_AT || this.#warned.has(kind)) return;
    this.#warned.add(kind);
    events.emit('budget.warning', () => ({ ...(taskName !== undefined && { taskName }), kind, used, limit }));
  }

  warnInTime(): () => void {
    const { limits, runtime } = this.#facts;
    if (limits.wallMs === undefined) return () => undefined;
    const leftMs = limits.wallMs * WARN_AT - this.#elapsed();
    return runtime.timer(Math.max(0, leftMs), () => this.#warn('wallMs', this.#elapsed()), 'bound');
  }

  /** The error of a bound that is reached. */
  exceeded(kind: BudgetKind, where: Pick<ErrorDetails, 'taskName' | 'agent'> = {}): BudgetError {
    const { limits, runId, taskName } = this.#facts;
    const [used, reserved] = this.#spending(kind);
    const spending = { kind, used, reserved, allowed: limits[kind] ?? Number.POSITIVE_INFINITY };
    return budgetError(taskName, spending, { runId, ...where });
  }

  /** What is used, and what is put aside. */
  #spending(kind: BudgetKind): readonly [number, number] {
    switch (kind) {
      case 'tokens':
        return [this.#usedTokens, this.#reservedTokens];
      case 'modelCalls':
        return [this.#calls - this.#underWay, this.#underWay];
      case 'costUsd':
        return [this.#usedUsd, roundUsd(this.#reservedUsd)];
      case 'wallMs':
        return [Math.round(this.#elapsed()), 0];
    }
  }

  #unpriced({ taskName, agent }: Spender): CrewError {
    const { runId } = this.#facts;
    const message = `The model of agent "${agent}" has no price, and a budget in money needs one. Add it to prices of the crew: prices: { 'its-name': { input: 0.25, output: 2 } }, in US dollars for a million tokens.`;
    return new CrewError('PRICE_UNKNOWN', message, { runId, taskName, agent });
  }
}

/** Several reservations for one attempt, settled together. */
class Reservations implements Reservation {
  readonly #all: readonly Reservation[];

  constructor(all: readonly Reservation[]) {
    this.#all = all;
  }

  settle(spent: CallCost | undefined): void {
    for (const reservation of this.#all) reservation.settle(spent);
  }
}

/**
 * Puts aside what one attempt may cost in every budget that applies, the narrower first. Answers at once where nothing has
 * to be waited for; undefined where there is no budget.
 * @throws what `Budget.reserve` throws; nothing stays reserved then.
 */
export function reserveAll(
  budgets: readonly Budget[],
  cost: CallCost,
  spender: Spender,
): Reservation | Promise<Reservation> | undefined {
  const [only] = budgets;
  if (only === undefined) return undefined;
  return budgets.length === 1 ? only.reserve(cost, spender) : reserveEach(budgets, cost, spender);
}

/** A call that waits gives its place away, so what is there at once must not look like a wait. */
function reserveEach(budgets: readonly Budget[], cost: CallCost, spender: Spender): Reservation | Promise<Reservation> {
  const held: Reservation[] = [];
  try {
    for (const [at, budget] of budgets.entries()) {
      const reserved = budget.reserve(cost, spender);
      if (reserved instanceof Promise)
        return reserveRest(reserved, { held, rest: budgets.slice(at + 1), cost, spender });
      held.push(reserved);
    }
  } catch (error) {
    giveBack(held);
    throw error;
  }
  return new Reservations(held);
}

interface Rest {
  readonly held: Reservation[];
  readonly rest: readonly Budget[];
  readonly cost: CallCost;
  readonly spender: Spender;
}

async function reserveRest(first: Promise<Reservation>, { held, rest, cost, spender }: Rest): Promise<Reservation> {
  try {
    held.push(await first);
    for (const budget of rest) held.push(await budget.reserve(cost, spender));
  } catch (error) {
    giveBack(held);
    throw error;
  }
  return new Reservations(held);
}

function giveBack(held: readonly Reservation[]): void {
  for (const reservation of held) reservation.settle(undefined);
}
