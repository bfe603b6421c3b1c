import { redact, redactAll } from './redact.ts';

/** What `util.inspect` hands to an object that prints itself. */
export type Inspect = (value: unknown, options: object) => string;

/** Causes may point at each other. */
const MAX_CAUSES = 10;

/**
 * An error as it is printed: its stack, what it knows, and its causes as their stacks. Without secrets, and without what
 * other libraries hang on their errors: requests, with the headers that they were sent with.
 */
export function shownError(error: Error, options: object, inspect: Inspect): string {
  const known = Object.entries(error).filter(([name, value]) => value !== undefined && !UNSHOWN.has(name));
  const fields = redactAll(Object.fromEntries(known), redact);
  const stack = stackOf(error);
  const facts = Object.keys(fields).length === 0 ? '' : ` ${inspect(fields, options)}`;
  const causes: string[] = [];
  for (let at = error.cause; at !== undefined && at !== null && causes.length < MAX_CAUSES; at = Object(at).cause) {
    causes.push(`\nCaused by: ${at instanceof Error ? stackOf(at) : redact(inspect(at, options))}`);
  }
  return `${stack}${facts}${causes.join('')}`;
}

/** The name is in the stack. What had finished by then is data, of any size. */
const UNSHOWN: ReadonlySet<string> = new Set(['name', 'partial', 'cause']);

function stackOf(error: Error): string {
  const { name, message, stack = '' } = error;
  const start = stack.indexOf(message);
  // The first words of a stack are those of the class that it was made in.
  const lines = start < 0 ? stack : stack.slice(start + message.length);
  const head = 'code' in error && typeof error.code === 'string' ? `${name} [${error.code}]` : name;
  return redact(`${head}: ${message}${lines}`);
}
