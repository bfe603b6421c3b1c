import { DefinitionError, type Problem } from '../errors.ts';
import { closest, didYouMean } from './suggest.ts';

/** Says what a value must be, or nothing when it is that. */
export type Check = (value: unknown) => string | undefined;

/** What an options object may hold. Hand-written, because importing a schema library costs every user 45 ms. */
export interface Rules {
  readonly [option: string]: Check;
}

export const text: Check = (value) =>
  typeof value === 'string' && value.trim() !== '' ? undefined : 'a text that is not empty';
export const flag: Check = (value) => (typeof value === 'boolean' ? undefined : 'true or false');
export const call: Check = (value) => (typeof value === 'function' ? undefined : 'a function');
export const list: Check = (value) => (Array.isArray(value) ? undefined : 'a list');
export const record: Check = (value) =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? undefined : 'an object';
export const count: Check = (value) =>
  Number.isInteger(value) && Number(value) >= 0 ? undefined : 'a whole number, at least 0';
export const positive: Check = (value) =>
  Number.isInteger(value) && Number(value) >= 1 ? undefined : 'a whole number, at least 1';
export const milliseconds: Check = (value) =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0
    ? undefined
    : 'a number of milliseconds, at least 0';
export const textRecord: Check = (value) =>
  record(value) === undefined && Object.values(Object(value)).every((entry) => typeof entry === 'string')
    ? undefined
    : 'an object of texts';
export const schema: Check = (value) =>
  (typeof value === 'object' || typeof value === 'function') && value !== null && '~standard' in value
    ? undefined
    : 'a schema, such as z.object({ … }) of zod 4';
export const abortSignal: Check = (value) =>
  typeof Object(value).aborted === 'boolean' && typeof Object(value).addEventListener === 'function'
    ? undefined
    : 'an AbortSignal';
/** That an object has all these methods, such as one that stands in for another of ours. */
export function having(what: string, ...methods: readonly string[]): Check {
  return (value) => (methods.every((name) => typeof Object(value)[name] === 'function') ? undefined : what);
}
export const runtime: Check = having(
  'a Runtime, such as fakeClock() of crewline/testing',
  'now',
  'monotonic',
  'random',
  'uuid',
  'timer',
);
/** For what somebody else looks at more closely. */
export const anything: Check = () => undefined;
export function oneOf(...allowed: readonly string[]): Check {
  return (value) => (allowed.some((entry) => entry === value) ? undefined : `one of ${allowed.join(', ')}`);
}
export function either(...checks: readonly Check[]): Check {
  return (value) => {
    const wants: string[] = [];
    for (const check of checks) {
      const want = check(value);
      if (want === undefined) return undefined;
      wants.push(want);
    }
    return wants.join(', or ');
  };
}

/** For a check of an object: that it has no such key, and which was probably meant. */
export function noSuchKey(key: string, known: readonly string[]): string {
  const meant = closest(key, known);
  return `there is no "${key}"${meant === undefined ? '' : ` (did you mean "${meant}"?)`}`;
}

function shown(value: unknown): string {
  if (typeof value === 'string') return `"${value}"`;
  if (typeof value === 'function') return 'a function';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return 'an object';
  return String(value);
}

/** How messages call a thing: `agent "Bob"`, or just `agent` while it has no name. */
export function placeOf(kind: string, name: unknown): string {
  return text(name) === undefined ? `${kind} "${String(name)}"` : kind;
}

/** Every option that is wrong, missing or unknown. `place` is how messages call the thing: `task "write"`. */
export function checkOptions(place: string, options: unknown, rules: Rules, required: readonly string[]): Problem[] {
  if (record(options) !== undefined) {
    return [{ code: 'OPTION_INVALID', place, message: `needs an object of options, not ${shown(options)}.` }];
  }
  const problems: Problem[] = [];
  for (const option of Object.keys(Object(options))) {
    const value: unknown = Object(options)[option];
    const check = Object.hasOwn(rules, option) ? rules[option] : undefined;
    if (check === undefined) {
      const hint = didYouMean(option, Object.keys(rules));
      problems.push({ code: 'OPTION_INVALID', place, message: `there is no option "${option}".${hint}` });
    } else if (value !== undefined) {
      const want = check(value);
      if (want !== undefined) {
        const got = shown(value);
        // What follows a semicolon says already what is wrong.
        const not = want.startsWith(got) || want.includes('; ') ? '' : `, not ${got}`;
        problems.push({ code: 'OPTION_INVALID', place, message: `${option} must be ${want}${not}.` });
      }
    }
  }
  for (const option of required) {
    if (Object(options)[option] === undefined) {
      problems.push({ code: 'OPTION_INVALID', place, message: `${option} is missing.` });
    }
  }
  return problems;
}

/** @throws {DefinitionError} holding all problems, when there are any. */
export function refuse(problems: readonly Problem[], subject: string): void {
  if (problems.length > 0) throw new DefinitionError(problems, subject);
}
