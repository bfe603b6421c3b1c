/** Says whether a path below the workspace fits a pattern. */
export type PathFilter = (path: string) => boolean;

const LONGEST_PATTERN = 200;
const MOST_ALTERNATIVES = 64;

/**
 * Reads a file pattern: `*` and `?` within a name, `**` for any folders, `{a,b}` for alternatives. A pattern without `/`
 * is matched against the name alone; one that starts with a dot and has no wildcard is an ending (`.ts`).
 *
 * No regular expression is made of it, so no pattern takes long: the time is bounded by pattern × path.
 * @returns the filter, or what is wrong with the pattern.
 */
export function pathFilter(pattern: string): PathFilter | string {
  if (pattern.length > LONGEST_PATTERN) return `the pattern is longer than ${LONGEST_PATTERN} characters`;
  const plain = pattern.startsWith('.') && !/[*?{/]/.test(pattern) ? `*${pattern}` : pattern;
  const alternatives = expand(plain);
  if (alternatives === undefined) return 'the pattern has too many alternatives in { }';
  const compiled = alternatives.map((entry) => (entry.startsWith('./') ? entry.slice(2) : entry).split('/'));
  return (path) => {
    const names = path.split('/');
    return compiled.some((globs) =>
      globs.length === 1 ? fits(globs[0] ?? '', names.at(-1) ?? '') : foldersFit(globs, names),
    );
  };
}

/** `a.{ts,js}` → `a.ts`, `a.js`; braces that do not close are letters. */
function expand(pattern: string): string[] | undefined {
  let done = [''];
  let rest = pattern;
  for (;;) {
    const open = rest.indexOf('{');
    const close = rest.indexOf('}', open);
    if (open === -1 || close === -1) return done.map((start) => start + rest);
    const before = rest.slice(0, open);
    const choices = rest.slice(open + 1, close).split(',');
    if (done.length * choices.length > MOST_ALTERNATIVES) return undefined;
    done = done.flatMap((start) => choices.map((choice) => start + before + choice));
    rest = rest.slice(close + 1);
  }
}

interface Matching<T> {
  readonly isWild: (glob: T) => boolean;
  readonly same: (glob: T, item: T) => boolean;
}

const LETTERS: Matching<string> = {
  isWild: (char) => char === '*',
  same: (char, letter) => char === '?' || char === letter,
};
const FOLDERS: Matching<string> = { isWild: (glob) => glob === '**', same: fits };

/** Greedy matching with one way back, to the latest wildcard: enough for wildcards, and never exponential. */
function matches<T>(pattern: ArrayLike<T>, items: ArrayLike<T>, { isWild, same }: Matching<T>): boolean {
  let at = 0;
  let wild = -1;
  let resume = 0;
  for (let item = 0; item < items.length; ) {
    const glob = pattern[at];
    const current = items[item];
    if (glob !== undefined && isWild(glob)) {
      wild = at;
      resume = item;
      at += 1;
    } else if (glob !== undefined && current !== undefined && same(glob, current)) {
      at += 1;
      item += 1;
    } else if (wild !== -1) {
      at = wild + 1;
      resume += 1;
      item = resume;
    } else return false;
  }
  while (at < pattern.length) {
    const glob = pattern[at];
    if (glob === undefined || !isWild(glob)) return false;
    at += 1;
  }
  return true;
}

function fits(glob: string, name: string): boolean {
  return matches(lettersOf(glob), lettersOf(name), LETTERS);
}

/** Taken apart only where a letter may be two units: a list of a million letters takes longer than to match them. */
function lettersOf(text: string): ArrayLike<string> {
  return /[\ud800-\udfff]/.test(text) ? [...text] : text;
}

function foldersFit(globs: readonly string[], names: readonly string[]): boolean {
  return matches(globs, names, FOLDERS);
}
