/** How what is shown may differ from what is printed. */
export interface Tolerance {
  /** Times, sizes and counts are another story each time. */
  readonly numbersVary: boolean;
}

/** A line of its own that stands for any lines; at the end of a line, for the rest of it. */
const LEFT_OUT = '…';

/**
 * The first shown line that the output does not have, in its place; undefined when the output has all of them. Lines
 * that nothing was left out between must follow each other in the output too.
 */
export function missingIn(printed: string, shown: string, { numbersVary }: Tolerance): string | undefined {
  const plain = (text: string) => {
    const lines = text.split('\n').map((line) => line.trimEnd());
    return numbersVary
      ? lines.map((line) =>
          line
            .trim()
            .replace(/\d[\d.,]*(?:ms|s|k|M)?\b/g, '0')
            .replace(/ {2,}/g, ' '),
        )
      : lines;
  };
  const output = plain(printed);
  let from = 0;
  for (const run of runsOf(plain(shown))) {
    const found = placeOf(run, output, from);
    if (typeof found === 'string') return found;
    from = found + run.length;
  }
  return undefined;
}

/** The lines between those that say that something was left out. */
function runsOf(lines: readonly string[]): string[][] {
  const runs: string[][] = [[]];
  for (const line of lines) {
    if (line === LEFT_OUT) runs.push([]);
    else runs.at(-1)?.push(line);
  }
  return runs.filter((run) => run.length > 0);
}

/** Where the run stands in the output, or the line of it that stops the longest match. */
function placeOf(run: readonly string[], output: readonly string[], from: number): number | string {
  let best = 0;
  for (let start = from; start < output.length; start += 1) {
    let length = 0;
    while (length < run.length && fits(run[length] ?? '', output[start + length])) length += 1;
    if (length === run.length) return start;
    best = Math.max(best, length);
  }
  return run[best] ?? '';
}

function fits(shown: string, printed: string | undefined): boolean {
  if (printed === undefined) return false;
  return shown.endsWith(LEFT_OUT) ? printed.startsWith(shown.slice(0, -LEFT_OUT.length).trimEnd()) : shown === printed;
}
