import type { CrewError } from '../errors.ts';
import type { Emitter } from '../spec/engine.ts';
import type { Model } from '../spec/model.ts';
import { copyOf } from './call-errors.ts';
import { type Call, placeOf } from './call-site.ts';

/** A call that waits to be made, or to be made again. */
export interface Waiting {
  /** When it must be over, on the monotonic clock. */
  readonly deadline: number;
  end(reason: CrewError): void;
}

/** Who waits for one model in one run, and until when its provider wants no calls. */
class ModelWaits {
  readonly waiting = new Set<Waiting>();
  pausedUntil = Number.NEGATIVE_INFINITY;
  pausedBy: CrewError | undefined;
}

/** By the run's emitter, of which there is one a run. Only what waits, and what ends waits, comes here. */
const runs = new WeakMap<Emitter, Map<Model, ModelWaits>>();

function waitsOf(events: Emitter, model: Model): ModelWaits {
  let models = runs.get(events);
  if (models === undefined) {
    models = new Map();
    runs.set(events, models);
  }
  let waits = models.get(model);
  if (waits === undefined) {
    waits = new ModelWaits();
    models.set(model, waits);
  }
  return waits;
}

/** Notes a wait, so that it can be ended; what is returned forgets it. */
export function noteWait(events: Emitter, model: Model, wait: Waiting): () => void {
  const { waiting } = waitsOf(events, model);
  waiting.add(wait);
  return () => waiting.delete(wait);
}

/** An empty account is not asked again in this run: not by those who wait for it, nor by later calls. */
export function closeModel({ ctx }: Call, model: Model, reason: CrewError): void {
  ctx.close(model, reason);
  for (const wait of [...waitsOf(ctx.events, model).waiting]) wait.end(reason);
}

/** Why a call may not be made any more; undefined while it may. */
export function refusalOf(call: Call, model: Model): CrewError | undefined {
  const { ctx } = call;
  if (ctx.aborted !== undefined) return ctx.aborted;
  // Whoever stands in for the model, as a replay does, may have no lane that knows of the pause.
  const closed = ctx.closed(model) ?? hopeless(ctx.events, model, ctx);
  return closed === undefined ? undefined : copyOf(closed, { place: placeOf(call) });
}

/** The provider wants no call before `until`: ends all waits, now and later, that would be over by then. */
export function endHopelessWaits(events: Emitter, model: Model, pause: { until: number; reason: CrewError }): void {
  const waits = waitsOf(events, model);
  if (pause.until > waits.pausedUntil) {
    waits.pausedUntil = pause.until;
    waits.pausedBy = pause.reason;
  }
  for (const wait of [...waits.waiting]) if (wait.deadline <= pause.until) wait.end(pause.reason);
}

/** Why a wait that must be over at `deadline` cannot succeed, where that is known. */
export function hopeless(
  events: Emitter,
  model: Model,
  { deadline }: Pick<Waiting, 'deadline'>,
): CrewError | undefined {
  const waits = runs.get(events)?.get(model);
  return waits !== undefined && deadline <= waits.pausedUntil ? waits.pausedBy : undefined;
}
