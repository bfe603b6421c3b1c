import { redact, redactAll } from './redact.ts';

/** How far into what hangs on an error a secret is looked for: far enough for `error.config.headers.authorization`. */
const MAX_DEPTH = 6;
const MAX_LOOKS = 2_000;
const MAX_CAUSES = 10;

/**
 * What was thrown, as the cause of an error of ours: the very same, unless a secret is in its words, its causes or in what
 * hangs on it (a request with its headers). Then it is a copy with its name, its words, its stack and its code.
 * `isClean` tells errors that are known to hold none.
 */
export function cleanCause(cause: unknown, isClean: (error: unknown) => boolean, depth = 0): unknown {
  if (typeof cause === 'string') return redact(cause);
  if (typeof cause !== 'object' || cause === null || isClean(cause)) return cause;
  const looks = { left: MAX_LOOKS };
  if (!(cause instanceof Error)) return holdsSecret(cause, 0, looks) ? redactAll(cause, redact) : cause;
  const inner = depth < MAX_CAUSES ? cleanCause(cause.cause, isClean, depth + 1) : undefined;
  if (inner === cause.cause && !holdsSecret([cause.message, cause.stack], 0, looks) && !holdsSecret(cause, 0, looks)) {
    return cause;
  }
  const copy = new Error(redact(cause.message), inner === undefined ? undefined : { cause: inner });
  const stack = redact(cause.stack ?? '');
  const name = redact(cause.name);
  const code = 'code' in cause && ['string', 'number'].includes(typeof cause.code) ? { code: cause.code } : {};
  return Object.defineProperties(Object.assign(copy, redactAll(code, redact)), {
    name: { value: name, enumerable: false },
    stack: { value: stack, enumerable: false },
  });
}

function holdsSecret(value: unknown, depth: number, looks: { left: number }): boolean {
  looks.left -= 1;
  if (typeof value === 'string') return redact(value) !== value;
  if (typeof value !== 'object' || value === null || depth >= MAX_DEPTH || looks.left < 0) return false;
  try {
    const entries = value instanceof Map || value instanceof Set ? [...value] : Object.values(value);
    return entries.some((entry) => holdsSecret(entry, depth + 1, looks));
  } catch {
    // A getter that throws, or a proxy: nothing that a printer could read either.
    return false;
  }
}
