import { cryptography } from './lazy.ts';

/** A text from outside, ready to stand between two tags that carry `mark`. */
export interface Framed {
  readonly text: string;
  readonly mark: string;
}

/**
 * What the tags around a text carry, so that the text cannot hold them: it follows from the run's random id, by a keyed
 * hash, and from where in the run it is used. Nobody who wrote before the run can know it; a replay gives the same.
 */
export function markOf(runId: string, place: string): string {
  return cryptography().createHmac('sha256', runId).update(place).digest('hex').slice(0, MARK_CHARS);
}

/** Four bits each: nobody guesses 56. */
const MARK_CHARS = 14;

/** Tags of the shipped templates, as somebody might write them to end a text early or to begin one. */
const LOOK_ALIKE = /[<\uff1c\ufe64](?=\s{0,8}\/?\s{0,8}(?:result|outside|answer)(?![\w-]))/gi;

/**
 * Characters that nobody sees but a model reads: zero-width ones, controls of direction, tags, fillers, variation
 * selectors (the one of emoji aside). A joiner between two letters of a script that needs it, or between emoji, stays.
 */
const INVISIBLE =
  /[\u200c\u200d](?:(?<![\u0590-\u1fff\u2190-\udb3f\udb41-\udfff\ufb1d-\ufe0f][\u200c\u200d])|(?![\u0590-\u1fff\u2190-\udb3f\udb41-\udfff\ufb1d-\ufdff]))|[\u180b-\u180f\u00ad\u061c\u115f\u1160\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb]|[\ufe00-\ufe0e]|\u034f|\udb40[\udc00-\uddff]/g;

/** Whether a text holds anything that has to be changed before it may stand in a prompt. */
const SUSPECT =
  /[\u180b-\u180f<\uff1c\ufe64\u00ad\u061c\u115f\u1160\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb\udb40]|[\ufe00-\ufe0e]|\u034f/;

/**
 * A text from outside as a prompt may hold it between two tags: cleaned, and without `mark`. Everything else stays as it
 * is. Takes time in proportion to its length.
 */
export function framed(source: string, mark: string): Framed {
  return { text: cleaned(source.includes(mark) ? source.split(mark).join('⟦mark⟧') : source), mark };
}

/** What is invisible is shown (`⟦U+200B⟧`), and what looks like a tag of ours begins with `‹` instead. */
export function cleaned(source: string): string {
  return SUSPECT.test(source) ? source.replace(INVISIBLE, shown).replace(LOOK_ALIKE, '‹') : source;
}

function shown(invisible: string): string {
  const code = (invisible.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
  return `⟦U+${code}⟧`;
}

/** The beginning and the end of a text that is too long, and what is said in the place of the rest. */
export function shortened(text: string, most: number, note: (leftOut: number) => string): string {
  if (text.length <= most) return text;
  const head = text.slice(0, whole(text, Math.ceil(most * HEAD)));
  const tail = text.slice(whole(text, text.length - Math.floor(most * (1 - HEAD))));
  return `${head}\n${note(text.length - head.length - tail.length)}\n${tail}`;
}

/** The beginning says what a text is about; more of it is kept than of the end. */
const HEAD = 0.7;

/** The same for a message, whose frame stays around what is left. */
export function withFrameKept(content: string, most: number, note: (leftOut: number) => string): string {
  const inside = withoutFrame(content);
  if (inside.length <= most) return content;
  const at = content.indexOf(inside);
  return `${content.slice(0, at)}${shortened(inside, most, note)}${content.slice(at + inside.length)}`;
}

/** A place to cut that does not part the two halves of one character. */
function whole(text: string, at: number): number {
  const unit = text.charCodeAt(at);
  return unit >= 0xdc00 && unit <= 0xdfff ? at - 1 : at;
}

/** The same text without what differs between runs: for comparing what two runs said. */
export function withoutMarks(text: string): string {
  return text.replace(/ mark="[0-9a-f]{14}"/g, '');
}

const FRAME = /^<outside from="[^"\n]*" mark="([0-9a-f]{14})">\n/;

/** What a message says without the frame around text from outside, and without what is said behind it; all of it where there is no frame. */
export function withoutFrame(content: string): string {
  const opened = FRAME.exec(content);
  const end = opened === null ? -1 : content.indexOf(`\n</outside mark="${opened[1]}">`);
  return opened === null || end === -1 ? content : content.slice(opened[0].length, Math.max(end, opened[0].length));
}
