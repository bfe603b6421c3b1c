/** Code points that take two columns: East Asian wide and full-width, and emoji. Unicode 16, in ranges. */
const WIDE: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x2e80, 0x303e],
  [0x3041, 0x4dbf],
  [0x4e00, 0xa4cf],
  [0xa960, 0xa97f],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe10, 0xfe19],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x17000, 0x18cff],
  [0x1b000, 0x1b2ff],
  [0x20000, 0x3fffd],
];
const EMOJI = /^\p{Emoji_Presentation}$/u;
/** Marks that sit on the character before them, joiners, and variation selectors. */
const NO_WIDTH = /^[\p{Mn}\p{Me}\p{Cf}]$/u;
const PLAIN = /^[\x20-\x7e]*$/;

function charWidth(char: string): number {
  const code = char.codePointAt(0) ?? 0;
  if (code < 0x300) return 1;
  if (NO_WIDTH.test(char)) return 0;
  return EMOJI.test(char) || WIDE.some(([low, high]) => code >= low && code <= high) ? 2 : 1;
}

/**
 * Columns that clean text takes on a terminal. An emoji made of several counts each of them, as terminals that do not
 * join them draw it: a line may come out shorter than it could be, never longer.
 */
export function textWidth(text: string): number {
  if (PLAIN.test(text)) return text.length;
  let width = 0;
  for (const char of text) width += charWidth(char);
  return width;
}

/** At most `width` columns of the text, from its start; `…` shows that something was cut. */
export function cut(text: string, width: number): string {
  if (textWidth(text) <= width) return text;
  return width < 1 ? '' : `${take(text, width - 1).trimEnd()}…`;
}

/** At most `width` columns of the text, from its end. */
export function cutStart(text: string, width: number): string {
  if (textWidth(text) <= width) return text;
  if (width < 1) return '';
  const chars = [...text];
  let room = width - 1;
  let from = chars.length;
  while (from > 0) {
    const next = charWidth(chars[from - 1] ?? '');
    if (next > room) break;
    room -= next;
    from -= 1;
  }
  return `…${chars.slice(from).join('').trimStart()}`;
}

function take(text: string, width: number): string {
  let room = width;
  let taken = '';
  for (const char of text) {
    room -= charWidth(char);
    if (room < 0) break;
    taken += char;
  }
  return taken;
}

/** Cut or filled with spaces to exactly `width` columns. */
export function pad(text: string, width: number, align: 'left' | 'right' = 'left'): string {
  const shown = cut(text, width);
  const space = ' '.repeat(Math.max(0, width - textWidth(shown)));
  return align === 'left' ? shown + space : space + shown;
}
