import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files that take many seconds, the longest first: started last, they would leave the other processors idle at the end. */
const LONG: readonly RegExp[] = [
  /\/simulation\//,
  /\/run\/properties/,
  /\/engines\/crash/,
  /\/faults\//,
  /\/readme\//,
  /\/offline-brief/,
  /\/(cli|package|fuzz|models)\b/,
];

/** Starts what takes long first, then as vitest would. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      const at = LONG.findIndex((pattern) => pattern.test(moduleId));
      return at < 0 ? LONG.length : at;
    };
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b));
  }
}
