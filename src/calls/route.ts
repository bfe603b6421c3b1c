import type { ErrorCode } from '../error-codes.ts';
import { CrewError } from '../errors.ts';
import type { Model, ModelRoute } from '../spec/model.ts';
import { callModel, type Manner } from './call.ts';
import type { Call, ModelAnswer } from './call-site.ts';
import { Hedge } from './hedge.ts';

const PLAIN: Manner = Object.freeze({});
/** With another model to ask, a longer wait than a retry's own longest is not worth it. Milliseconds. */
const HURRIED: Manner = Object.freeze({ patienceMs: 30_001 });

/** What another model would not mend, or should not: an answer that was refused is not shopped for elsewhere. */
const FINAL: ReadonlySet<ErrorCode> = new Set([
  'CANCELLED',
  'REFUSED',
  'CONTENT_FILTERED',
  'BUDGET_EXCEEDED',
  'PRICE_UNKNOWN',
]);

const hedges = new WeakMap<ModelRoute, Hedge>();

/** Makes a call of a model, or of those that it is made of. @throws {CrewError} what `callModel` throws. */
export function callAlong(call: Call, model: Model, manner: Manner = PLAIN): Promise<ModelAnswer> {
  const { route } = model;
  if (route === undefined) return callModel(call, model, manner);
  switch (route.kind) {
    case 'fallback':
      return callInOrder(call, route.models, manner);
    case 'hedge':
      return callAlong(call, route.model, { ...manner, hedge: hedgeOf(route) });
  }
}

async function callInOrder(call: Call, models: readonly Model[], manner: Manner): Promise<ModelAnswer> {
  let failure: unknown;
  for (const [index, model] of models.entries()) {
    try {
      return await callAlong(call, model, index === models.length - 1 ? manner : { ...manner, ...HURRIED });
    } catch (thrown) {
      failure = thrown;
      if (call.ctx.aborted !== undefined || !(thrown instanceof CrewError) || FINAL.has(thrown.code)) break;
    }
  }
  throw failure;
}

function hedgeOf(route: Extract<ModelRoute, { readonly kind: 'hedge' }>): Hedge {
  let hedge = hedges.get(route);
  if (hedge === undefined) {
    hedge = new Hedge(route.percentile);
    hedges.set(route, hedge);
  }
  return hedge;
}
