/** One true statement with where it comes from. */
export interface Finding {
  /** One or more whole sentences, in Markdown. */
  readonly text: string;
  /** The file it comes from; absent when the text names it, or when it was counted from the list of files. */
  readonly source?: string | undefined;
  /** The bare sentence, without what we said around it; for fields of a schema. */
  readonly quote?: string | undefined;
  /** Says only that there is nothing to say; no item for a list. */
  readonly nothing?: true;
}

/** A file name as Markdown shows it. */
export function code(name: string): string {
  return name.includes('`') ? name : `\`${name}\``;
}

/** Text that somebody else wrote, marked as theirs. */
export function quoted(text: string): string {
  return `“${text.split('“').join('"').split('”').join('"')}”`;
}

/** The counts of what a function says of each item, most frequent first, then by name. */
export function tally<T>(items: Iterable<T>, keyOf: (item: T) => string): [string, number][] {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(keyOf(item), (counts.get(keyOf(item)) ?? 0) + 1);
  return [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
}
