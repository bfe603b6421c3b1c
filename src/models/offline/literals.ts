/** Numbers as they stand in a text, not those inside names or versions. */
export function numbersIn(text: string): number[] {
  const words = text.split(/[\s,;:()[\]"'`]/).map((word) => (/[.!?]$/.test(word) ? word.slice(0, -1) : word));
  return words.filter((word) => /^-?\d{1,15}(?:\.\d{1,10})?%?$/.test(word)).map((word) => Number.parseFloat(word));
}

/** What stands between quotes. */
export function quotedIn(text: string): string[] {
  const found: string[] = [];
  const pairs: readonly (readonly [string, string])[] = [
    ['"', '"'],
    ['“', '”'],
    ['`', '`'],
    ['‘', '’'],
  ];
  for (const [open, close] of pairs) {
    for (let at = text.indexOf(open); at !== -1; ) {
      const end = text.indexOf(close, at + 1);
      if (end === -1) break;
      if (end - at > 1 && end - at < 200) found.push(text.slice(at + 1, end));
      at = text.indexOf(open, end + 1);
    }
  }
  return found;
}
