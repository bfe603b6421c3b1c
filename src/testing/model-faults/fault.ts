import type { ErrorCode } from '../../error-codes.ts';
import type { Reply } from '../server-reply.ts';
import type { ServerRequest } from '../server-request.ts';

/** Something that a model server does to its callers. */
export interface ModelFault {
  /** `F08-no-done`: the class of fault, and which of them. */
  readonly id: string;
  /** What happens, in words. */
  readonly title: string;
  /** For `server.respond`, and for `respondInOrder`. */
  readonly reply: (request: ServerRequest) => Reply;
  /** Which calls it can happen to; others are answered as if nothing was wrong. */
  readonly meets: 'all' | 'streamed' | 'whole';
  /** Whether the call is worth making again: what the error's `retryable` says. */
  readonly retryable: boolean;
  /**
   * The code of the error that a call ends with when it meets nothing else; `'answer'` when the text arrives as it should,
   * `'toolCalls'` when two calls of the first tool on offer do.
   */
  readonly endsAs: ErrorCode | 'answer' | 'toolCalls';
}

/** What a fault would have answered: its characters take one to four bytes. */
export const FAULT_TEXT = 'Grüße, 世界 🌍: all is well.';

type FaultEnd = Pick<ModelFault, 'endsAs'> & Partial<Pick<ModelFault, 'retryable' | 'meets'>>;

/** A fault with what most have in common filled in: it may meet any call, and is retryable only where it says so. */
export function fault(
  id: string,
  title: string,
  reply: Reply | ModelFault['reply'],
  { endsAs, retryable = false, meets = 'all' }: FaultEnd,
): ModelFault {
  const give = typeof reply === 'function' ? reply : () => reply;
  const isMet = (stream: boolean) => meets === 'all' || (meets === 'streamed') === stream;
  return Object.freeze({
    id,
    title,
    reply: (request: ServerRequest) => (isMet(request.stream) ? give(request) : FAULT_TEXT),
    meets,
    retryable,
    endsAs,
  });
}

/** Ends of a call that several faults share. */
export const ANSWERED: FaultEnd = { endsAs: 'answer' };
export const CALLED: FaultEnd = { endsAs: 'toolCalls' };
export const BAD: FaultEnd = { endsAs: 'BAD_RESPONSE', retryable: true };
export const CUT: FaultEnd = { endsAs: 'STREAM_TRUNCATED', retryable: true };
export const DOWN: FaultEnd = { endsAs: 'PROVIDER_DOWN', retryable: true };
export const SLOW: FaultEnd = { endsAs: 'TIMEOUT', retryable: true };
export const LIMITED: FaultEnd = { endsAs: 'RATE_LIMITED', retryable: true };
