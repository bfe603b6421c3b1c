import { type CrewError, ModelError } from '../errors.ts';
import type { Model } from '../spec/model.ts';
import { admit } from './admit.ts';
import { Attempt } from './attempt.ts';
import { startOf } from './attempt-events.ts';
import { afterTries } from './call-errors.ts';
import { type Call, type ModelAnswer, placeOf } from './call-site.ts';
import { type Hedge, tryHedged } from './hedge.ts';
import { DEFAULT_RETRIES, isMalformed, nextStep } from './retry.ts';
import { endHopelessWaits, refusalOf } from './run-waits.ts';
import { backOff } from './waits.ts';

/** How a model is called. */
export interface Manner {
  /** A wait that the provider asks for must be shorter, of this call or of others, where another model can be asked instead. @default no bound */
  readonly patienceMs?: number;
  /** Makes a second attempt beside one that takes long. */
  readonly hedge?: Hedge;
}

/** How far a call has come. */
interface Tried {
  readonly failed: number;
  readonly malformed: number;
}

/**
 * Makes one call of a model: waits for its lane, tries, and tries again what may succeed later. Each attempt has its events
 * and its record.
 * @throws {CrewError} what the last attempt failed of; `PROVIDER_WAIT` when the provider asks for a longer wait than there
 * is time; `RATE_LIMITED` when its pause is longer than the manner allows; the reason when the work is aborted; the error that closed the model for this run.
 */
export async function callModel(call: Call, model: Model, manner: Manner): Promise<ModelAnswer> {
  const { hedge, patienceMs } = manner;
  let failed = 0;
  let malformed = 0;
  for (;;) {
    const refusal = refusalOf(call, model);
    if (refusal !== undefined) throw refusal;
    const admitted = admit(call, model, patienceMs);
    const attempt = new Attempt(call, model, admitted instanceof Promise ? await admitted : admitted);
    try {
      return await (hedge === undefined ? attempt.run() : tryHedged(attempt, hedge));
    } catch (thrown) {
      const error = attempt.failure;
      if (error === undefined) throw thrown;
      failed += 1;
      if (isMalformed(error)) malformed += 1;
      await recover(attempt, error, { tried: { failed, malformed }, manner });
    }
  }
}

/** Waits until the next attempt may be made. @throws {CrewError} when there is none. */
async function recover(
  attempt: Attempt,
  error: CrewError,
  { tried, manner }: { readonly tried: Tried; readonly manner: Manner },
): Promise<void> {
  const { call, model } = attempt;
  const { ctx } = call;
  if (ctx.aborted !== undefined) throw error;
  if (error.code === 'QUOTA_EXHAUSTED') throw error;
  const timeMs = ctx.deadline - ctx.runtime.monotonic();
  const leftMs = Math.min(timeMs, manner.patienceMs ?? Number.POSITIVE_INFINITY);
  const retries = model.retries ?? DEFAULT_RETRIES;
  const next = nextStep(error, { ...tried, retries, leftMs, random: ctx.runtime.random() });
  switch (next.kind) {
    case 'giveUp':
      throw afterTries(error, tried.failed);
    case 'tooLong':
      // Too long for this model only, while there is another to ask.
      throw next.waitMs < timeMs ? afterTries(error, tried.failed) : tooLongToWait(attempt, error, next.waitMs);
    case 'again': {
      const delayMs = attempt.isReplayed ? 0 : next.delayMs;
      const { code, message } = error;
      ctx.events.emit('model.retry', () => ({ ...startOf(attempt), delayMs, error: { code, message } }));
      return delayMs === 0 ? undefined : backOff(call, model, delayMs);
    }
  }
}

/** The error for a wait that does not fit into the time that the work has. Who else has no more time learns it now. */
function tooLongToWait({ call, model }: Attempt, error: CrewError, waitMs: number): ModelError {
  const { runtime, events } = call.ctx;
  const message = `${error.message} The provider asks to wait ${Math.ceil(waitMs / 1000)} s, which is longer than the task has time.`;
  const until = runtime.now() + waitMs;
  const reason = new ModelError('PROVIDER_WAIT', message, {
    ...placeOf(call),
    until,
    retryAfterMs: waitMs,
    cause: error,
  });
  endHopelessWaits(events, model, { until: runtime.monotonic() + waitMs, reason });
  return reason;
}
