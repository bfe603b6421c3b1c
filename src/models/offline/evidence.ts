import type { Fixes } from './fixes.ts';
import type { Limits } from './limits.ts';
import type { Finding } from './topics/finding.ts';
import { termsOf } from './words.ts';

/** What an answer may be made of. */
export interface Evidence {
  readonly findings: readonly Finding[];
  /** The task's own words. */
  readonly task: string;
  readonly fixes: Fixes;
  readonly limits: Limits;
  /** The statement that shares most words with a field's name and description; undefined when none does. */
  best(name: string, description: string): Finding | undefined;
}

/** Where in the schema we are, and for which statement. */
export interface Field {
  /** The name of the nearest property. */
  readonly name: string;
  /** `items[].name` */
  readonly path: string;
  readonly depth: number;
  /** The statement that an item of a list is about. */
  readonly about: Finding | undefined;
  /** Position in the nearest list. */
  readonly index: number;
}

/** Statements made ready to be looked up. */
export function evidenceOf(
  findings: readonly Finding[],
  task: string,
  bounds: { readonly fixes: Fixes; readonly limits: Limits },
): Evidence {
  const terms = findings.map((one) => new Set(termsOf(one.text)));
  return {
    findings,
    task,
    ...bounds,
    best(name, description) {
      const wanted = termsOf(name);
      const further = termsOf(description);
      let best: { readonly finding: Finding; readonly score: number } | undefined;
      for (const [index, finding] of findings.entries()) {
        const own = terms[index];
        const score =
          3 * wanted.filter((term) => own?.has(term)).length + further.filter((term) => own?.has(term)).length;
        if (score >= 2 && score > (best?.score ?? 0)) best = { finding, score };
      }
      return best?.finding;
    },
  };
}
