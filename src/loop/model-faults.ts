import { type Fault, faultError } from '../calls/call-errors.ts';
import type { ModelError } from '../errors.ts';
import { placeOf, type Work } from './work.ts';

/** An error about what the assignment's model did; `did` goes on from its name. */
export function wrong(work: Work, did: string, known: Omit<Fault, 'did'>): ModelError {
  return faultError(work.assignment.model.name, { did, ...known }, placeOf(work));
}
