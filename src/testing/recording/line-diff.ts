const MOST_LINES = 8;
const MOST_CHARS = 160;
/** Of the same, before the first difference of a long line. */
const LEAD_CHARS = 40;

/**
 * How two texts differ, line by line: one line of what both have before, then what is only in the old text (`-`) and what
 * is only in the new one (`+`). Everything between the first and the last difference is shown, up to eight lines of each.
 */
export function lineDiff(before: string, after: string): string[] {
  const old = before.split('\n');
  const now = after.split('\n');
  const shorter = Math.min(old.length, now.length);
  let head = 0;
  while (head < shorter && old[head] === now[head]) head += 1;
  let tail = 0;
  while (tail < shorter - head && old[old.length - 1 - tail] === now[now.length - 1 - tail]) tail += 1;
  const gone = old.slice(head, old.length - tail);
  const come = now.slice(head, now.length - tail);
  // Where one line stands against one, what they have in common at the front only hides the difference.
  const common = gone.length === 1 && come.length === 1 ? commonStart(`${gone[0]}`, `${come[0]}`) : 0;
  const lines = head === 0 ? [] : [`  ${short(`${old[head - 1]}`, 0)}`];
  return [...lines, ...marked('-', gone, common), ...marked('+', come, common)];
}

function marked(mark: string, lines: readonly string[], common: number): string[] {
  const shown = lines.slice(0, MOST_LINES).map((line) => `${mark} ${short(line, common)}`);
  return lines.length > MOST_LINES ? [...shown, `${mark} … ${lines.length - MOST_LINES} more lines`] : shown;
}

/** The part of a line that shows the difference. */
function short(line: string, common: number): string {
  const start = line.length > MOST_CHARS ? Math.max(0, common - LEAD_CHARS) : 0;
  const part = line.slice(start, start + MOST_CHARS);
  return `${start > 0 ? '…' : ''}${part}${start + MOST_CHARS < line.length ? '…' : ''}`;
}

function commonStart(a: string, b: string): number {
  let at = 0;
  while (at < a.length && a[at] === b[at]) at += 1;
  return at;
}
