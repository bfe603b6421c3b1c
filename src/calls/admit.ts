import type { Lease, Reservation, Spender } from '../spec/limits.ts';
import type { Model } from '../spec/model.ts';
import { reserveAll } from './budget.ts';
import { type Call, placeOf, unwanted } from './call-site.ts';
import { refusalOf } from './run-waits.ts';
import { aside, enterFreeLane, enterLane, NOT_MADE, Wait } from './waits.ts';
import { worstCase } from './worst-case.ts';

/** What an attempt holds while it is under way: its place in the lane, and what pays for it. */
export interface Admission {
  readonly lease: Lease;
  readonly reservation: Reservation | undefined;
}

/**
 * Lets an attempt begin: first a place in the model's lane, then what it may cost. Answers at once where nothing has to be
 * waited for. A pause of `patienceMs` or more is not waited for.
 * @throws {CrewError} `BUDGET_EXCEEDED`, `PRICE_UNKNOWN`, `RATE_LIMITED` when the pause is too long, or why the call is not
 * wanted any more. Nothing is held then.
 */
export function admit(call: Call, model: Model, patienceMs?: number): Admission | Promise<Admission> {
  const entered = enterLane(call, model, patienceMs);
  return entered instanceof Promise
    ? entered.then((lease) => withMoney(call, model, lease))
    : withMoney(call, model, entered);
}

/** The same for an attempt that is not needed: undefined where it would have to wait, or may not be paid for. */
export function admitNow(call: Call, model: Model): Admission | undefined {
  const lease = enterFreeLane(call, model);
  if (lease === undefined) return undefined;
  const { budgets, priceOf } = call.spending;
  if (budgets.length === 0) return { lease, reservation: undefined };
  const spender = new CallSpender(call, model);
  try {
    const reserved = reserveAll(budgets, worstCase(call.request, priceOf(model.name)), spender);
    if (!(reserved instanceof Promise)) return { lease, reservation: reserved };
    // The first attempt is at work meanwhile, so its task keeps its place: this is not a wait of the task's.
    void reserved.then((late) => late.settle(undefined), ignore).finally(() => spender.close());
    spender.leave();
  } catch {
    // The first attempt goes on all the same.
  }
  lease.release(NOT_MADE);
  return undefined;
}

function ignore(): void {}

function withMoney(call: Call, model: Model, lease: Lease): Admission | Promise<Admission> {
  const { budgets, priceOf } = call.spending;
  if (budgets.length === 0) return { lease, reservation: undefined };
  const spender = new CallSpender(call, model);
  try {
    const reserved = reserveAll(budgets, worstCase(call.request, priceOf(model.name)), spender);
    return reserved instanceof Promise
      ? waitForMoney(call, { model, lease, reserved, spender })
      : { lease, reservation: reserved };
  } catch (error) {
    lease.release(NOT_MADE);
    throw error;
  }
}

interface Pending {
  readonly model: Model;
  readonly lease: Lease;
  readonly reserved: Promise<Reservation>;
  readonly spender: CallSpender;
}

async function waitForMoney(call: Call, { model, lease, reserved, spender }: Pending): Promise<Admission> {
  let reservation: Reservation | undefined;
  try {
    reservation = await aside(call, reserved);
    const refusal = refusalOf(call, model);
    if (refusal !== undefined) throw refusal;
    return { lease, reservation };
  } catch (error) {
    reservation?.settle(undefined);
    lease.release(NOT_MADE);
    throw error;
  } finally {
    spender.close();
  }
}

class CallSpender implements Spender {
  readonly taskName: string;
  readonly agent: string;
  readonly #call: Call;
  readonly #model: Model;
  #wait: Wait | undefined;

  constructor(call: Call, model: Model) {
    this.taskName = call.taskName;
    this.agent = call.agent;
    this.#call = call;
    this.#model = model;
  }

  signal(): AbortSignal {
    this.#wait ??= new Wait(this.#call, this.#model);
    return this.#wait.signal;
  }

  /** It need not wait after all. */
  leave(): void {
    this.#wait?.end(unwanted('it need not wait', placeOf(this.#call)));
  }

  close(): void {
    this.#wait?.close();
  }
}
