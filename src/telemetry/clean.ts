const BEL = 0x07;
const TAB = 0x09;
const NEWLINE = 0x0a;
const RETURN = 0x0d;
const ESCAPE = 0x1b;
const SPACE = 0x20;
const DELETE = 0x7f;
/** The 8-bit controls U+0080 to U+009F: a terminal may obey them as it obeys ESC and a letter. */
const C1_FIRST = 0x80;
const NEXT_LINE = 0x85;
const CSI = 0x9b;
const STRING_END = 0x9c;
const C1_LAST = 0x9f;
/** What opens a string that a terminal swallows (a title, a link, a clipboard write): DCS, SOS, OSC, PM, APC. */
const STRING_OPENERS: ReadonlySet<number> = new Set([0x90, 0x98, 0x9d, 0x9e, 0x9f]);
/** Anything that needs a closer look: controls, format characters, line separators, half characters. Most text has none. */
const SUSPECT = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u;

/**
 * Text from outside, safe to print: escape sequences, control characters, and the invisible ones that reorder or hide
 * text are gone; half characters become U+FFFD. What is left is what a reader would have seen. One pass, linear.
 *
 * @param layout `line` makes it one line with single spaces; `block` keeps its line ends and tabs.
 */
export function cleanText(text: string, layout: 'line' | 'block' = 'line'): string {
  if (!SUSPECT.test(text)) return layout === 'line' ? oneSpace(text) : text;
  const breakAs = layout === 'line' ? ' ' : '\n';
  let clean = '';
  let at = 0;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code === NEWLINE || code === NEXT_LINE) clean += breakAs;
    else if (code === RETURN) clean += text.charCodeAt(at + 1) === NEWLINE ? '' : breakAs;
    else if (code === TAB) clean += layout === 'line' ? ' ' : '\t';
    else if (code === ESCAPE || (code >= C1_FIRST && code <= C1_LAST)) {
      at = afterSequence(text, at);
      continue;
    } else if (code >= 0xd800 && code <= 0xdfff) {
      const pair = text.codePointAt(at) ?? code;
      if (pair > 0xffff) {
        // U+E0000 to U+E007F spell text that no reader sees.
        if (pair < 0xe0000 || pair > 0xe007f) clean += String.fromCodePoint(pair);
        at += 2;
        continue;
      }
      clean += '\ufffd';
    } else if (code >= SPACE && code !== DELETE && !isInvisible(code)) clean += text.charAt(at);
    else if (code === 0x2028 || code === 0x2029) clean += breakAs;
    at += 1;
  }
  return layout === 'line' ? oneSpace(clean) : clean;
}

/** All that a reader would not see, line ends aside. */
const UNSEEN = /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** JSON text with nothing hidden and nothing left out: what a reader would not see is written as an escape, as JSON has it. */
export function escapedText(json: string): string {
  return json.replace(UNSEEN, (char) => {
    let escapes = '';
    for (let at = 0; at < char.length; at += 1) {
      escapes += `\\u${char.charCodeAt(at).toString(16).padStart(4, '0')}`;
    }
    return escapes;
  });
}

function oneSpace(text: string): string {
  return text.replace(/ {2,}/g, ' ').trim();
}

/** Marks that change the direction of text or take no room; joiners stay, since scripts and emoji need them. */
function isInvisible(code: number): boolean {
  return (
    code === 0x061c ||
    code === 0x200b ||
    code === 0x200e ||
    code === 0x200f ||
    (code >= 0x2028 && code <= 0x202e) ||
    code === 0x2060 ||
    (code >= 0x2066 && code <= 0x2069) ||
    code === 0xfeff
  );
}

/** Where the text goes on after the sequence that begins at `at` (ECMA-48). */
function afterSequence(text: string, at: number): number {
  let opener = text.charCodeAt(at);
  let next = at + 1;
  if (opener === ESCAPE) {
    const second = text.charCodeAt(next);
    // ESC and @ to _ is the 7-bit spelling of U+0080 to U+009F.
    if (second >= 0x40 && second <= 0x5f) {
      opener = second + 0x40;
      next += 1;
    } else return afterShortEscape(text, next);
  }
  if (opener === CSI) return afterParameters(text, next);
  return STRING_OPENERS.has(opener) ? afterString(text, next) : next;
}

/** ESC, any of space to /, one of 0 to ~: a character set, a reset. */
function afterShortEscape(text: string, from: number): number {
  const at = skip(text, from, isIntermediate);
  const final = text.charCodeAt(at);
  return final >= 0x30 && final <= 0x7e ? at + 1 : at;
}

function afterParameters(text: string, from: number): number {
  const at = skip(text, skip(text, from, isParameter), isIntermediate);
  const final = text.charCodeAt(at);
  return final >= 0x40 && final <= 0x7e ? at + 1 : at;
}

const isParameter = (code: number): boolean => code >= 0x30 && code <= 0x3f;
const isIntermediate = (code: number): boolean => code >= 0x20 && code <= 0x2f;

function skip(text: string, from: number, belongs: (code: number) => boolean): number {
  let at = from;
  while (belongs(text.charCodeAt(at))) at += 1;
  return at;
}

/** A string ends with BEL or ST; any other control breaks it off. One that never ends hides nothing: its text is shown. */
function afterString(text: string, from: number): number {
  for (let at = from; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === BEL || code === STRING_END) return at + 1;
    if (code === ESCAPE) return text.charAt(at + 1) === '\\' ? at + 2 : at;
    if (code === 0x18 || code === 0x1a || (code >= C1_FIRST && code <= C1_LAST)) return at;
  }
  return from;
}
