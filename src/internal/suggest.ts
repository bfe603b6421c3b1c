/**
 * Edit distance, two neighbours that changed places being one edit; given up on once it exceeds `limit`. Three rows, so
 * long names cost little.
 */
function distance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1;
  let above = Array.from({ length: b.length + 1 }, (_, index) => index);
  let twoAbove = above;
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const change = (above[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swap = isSwap ? (twoAbove[j - 2] ?? 0) + 1 : change;
      row.push(Math.min(change, swap, (above[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1));
    }
    twoAbove = above;
    above = row;
  }
  return above[b.length] ?? limit + 1;
}

/** The name that was probably meant, if any is close: a third of the letters may differ. */
export function closest(name: string, known: Iterable<string>): string | undefined {
  const wanted = name.toLowerCase();
  let limit = Math.max(1, Math.floor(name.length / 3));
  let best: string | undefined;
  for (const candidate of known) {
    const found = distance(wanted, candidate.toLowerCase(), limit);
    if (found <= limit && (best === undefined || found < limit)) {
      best = candidate;
      limit = found;
    }
  }
  return best;
}

/** ` Did you mean "research"?`, or a list of what there is when nothing is close. */
export function didYouMean(name: string, known: Iterable<string>): string {
  const names = [...known];
  const meant = closest(name, names);
  if (meant !== undefined) return ` Did you mean "${meant}"?`;
  if (names.length === 0) return '';
  const shown = names.slice(0, 10).join(', ');
  return ` There ${names.length === 1 ? 'is' : 'are'} only: ${shown}${names.length > 10 ? ', …' : ''}.`;
}
