import type { Json } from './json.ts';

/** What becomes of a call that was cut off and may not be made twice: made again, left out, or taken to have had this result. */
export type Decision = 'retry' | 'skip' | { readonly result: Json };

/** What becomes of several, by the id of the call. */
export interface Decisions {
  readonly [callId: string]: Decision;
}
