import fc from 'fast-check';
import { CrewError } from '../../src/errors.ts';

/** Texts made of everything that a template engine, `String.replace` or a shell might stumble over. */
export const nastyText = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '{{x}}',
        '{{',
        '}}',
        '{{{x}}}',
        '{{> part}}',
        '\\{{x}}',
        '\\',
        '\\\\',
        '$&',
        '$1',
        '$$',
        "$'",
        '`',
      ),
      fc.constantFrom(
        '"',
        "'",
        '<b>',
        '&amp;',
        '\n',
        '\r\n',
        '\t',
        ' ',
        '\0',
        '\u2028',
        '\ud800',
        '${x}',
        '%s',
        '__proto__',
      ),
      fc.string({ maxLength: 5, unit: 'binary' }),
    ),
    { maxLength: 8 },
  )
  .map((parts) => parts.join(''));

/** The error that `work` throws, which must be one of ours with code TEMPLATE. */
export function templateError(work: () => unknown): CrewError {
  let result: unknown;
  try {
    result = work();
  } catch (error) {
    if (error instanceof CrewError && error.code === 'TEMPLATE') return error;
    throw error;
  }
  throw new Error(`no error, but ${JSON.stringify(result)}`);
}
