import { expect } from 'vitest';

/** For what is looked at thousands of times: a whole `expect` takes most of the time, so it is made only to say what is wrong. */
export function mustBe(is: unknown, wanted: string | number | boolean | null | undefined, where: string): void {
  if (!Object.is(is, wanted)) expect(is, where).toBe(wanted);
}
