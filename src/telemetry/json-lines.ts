import type { CrewEvent } from '../events.ts';

const CONTROLS = /[\u007f-\u009f\u2028\u2029]/g;

/**
 * One event as one line of JSON, without a line end. Control characters that JSON allows in a text are written as
 * escapes too, so that a terminal obeys none of them; what the line means stays the same.
 */
export function jsonLine(event: CrewEvent): string {
  return JSON.stringify(event).replace(CONTROLS, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
