import type { Model, ModelTimeouts } from '../spec/model.ts';
import type { Fault } from './call-errors.ts';

const FIRST_BYTE_MS = 120_000;
const IDLE_MS = 60_000;
const TOTAL_MS = 600_000;

/** When an attempt is over, and why. Times are on the monotonic clock. */
export interface Limit {
  readonly at: number;
  readonly why: 'firstByte' | 'idle' | 'total';
}

/** How an attempt goes. */
export interface Pace {
  readonly startedAt: number;
  /** When something useful last arrived; undefined before the first. */
  readonly usefulAt: number | undefined;
  readonly stream: boolean;
}

/** The next moment at which an attempt takes too long. A whole answer comes at once, so only the total counts for it. */
export function limitOf(timeouts: ModelTimeouts | undefined, { startedAt, usefulAt, stream }: Pace): Limit {
  const { firstByteMs = FIRST_BYTE_MS, idleMs = IDLE_MS, totalMs = TOTAL_MS } = timeouts ?? {};
  const total: Limit = { at: startedAt + totalMs, why: 'total' };
  if (!stream) return total;
  const silence: Limit =
    usefulAt === undefined ? { at: startedAt + firstByteMs, why: 'firstByte' } : { at: usefulAt + idleMs, why: 'idle' };
  return silence.at < total.at ? silence : total;
}

/** True where a bound is set that only a streamed answer can be held to, by the model or by one that it is made of. */
export function boundsStream({ timeouts, route }: Model): boolean {
  if (timeouts?.firstByteMs !== undefined || timeouts?.idleMs !== undefined) return true;
  if (route === undefined) return false;
  return route.kind === 'hedge' ? boundsStream(route.model) : route.models.some(boundsStream);
}

/** What a model did that took too long. */
export function timeoutFault({ timeouts }: Model, why: Limit['why'], text: string): Fault {
  const { firstByteMs = FIRST_BYTE_MS, idleMs = IDLE_MS, totalMs = TOTAL_MS } = timeouts ?? {};
  return { code: 'TIMEOUT', did: DID[why]({ firstByteMs, idleMs, totalMs }), text, retryable: true };
}

const DID: { readonly [Why in Limit['why']]: (limits: Required<ModelTimeouts>) => string } = {
  firstByte: ({ firstByteMs }) => `sent nothing for ${firstByteMs} ms (timeouts.firstByteMs)`,
  idle: ({ idleMs }) => `stopped sending for ${idleMs} ms in the middle of its answer (timeouts.idleMs)`,
  total: ({ totalMs }) => `had not finished its answer after ${totalMs} ms (timeouts.totalMs)`,
};
