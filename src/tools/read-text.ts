import type { FileHandle } from 'node:fs/promises';

/** Lines of a text file. */
export interface TextPart {
  readonly text: string;
  /** Number of the first line of `text`, from 1. */
  readonly firstLine: number;
  /** Number of the last line of `text`; `firstLine - 1` when there is none. */
  readonly lastLine: number;
  /** True when the file goes on after `text`. */
  readonly more: boolean;
  /** True when the last line of `text` is only the beginning of that line. */
  readonly lineCut: boolean;
}

/** Which lines are wanted, and how much may come. */
export interface PartOptions {
  /** Number of the first line, from 1. */
  readonly firstLine: number;
  /** Number of lines. */
  readonly lines: number;
  /** Size of the text in bytes. */
  readonly maxBytes: number;
  readonly signal: AbortSignal;
}

const CHUNK = 64 * 1024;
const NEW_LINE = 10;
/** A text file has no NUL in its first bytes; git looks at as many. */
const PROBE = 8_000;

/** True for what begins like text. */
export function isText(bytes: Buffer): boolean {
  return !bytes.subarray(0, PROBE).includes(0);
}

/** The first bytes of a file, as many as there are of those asked for. */
export async function readBytes(handle: FileHandle, size: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(size);
  let filled = 0;
  while (filled < size) {
    const { bytesRead } = await handle.read(bytes, filled, size - filled, filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return bytes.subarray(0, filled);
}

/** Reads lines of a file without holding more than the part asked for; `undefined` when the file is not text. */
export async function readPart(handle: FileHandle, options: PartOptions): Promise<TextPart | undefined> {
  const chunk = Buffer.allocUnsafe(CHUNK);
  const kept: Buffer[] = [];
  let size = 0;
  let line = 1;
  const end = options.firstLine + options.lines;
  for (let position = 0; ; ) {
    options.signal.throwIfAborted();
    const { bytesRead } = await handle.read(chunk, 0, CHUNK, position);
    const bytes = chunk.subarray(0, bytesRead);
    if (position === 0 && !isText(bytes)) return undefined;
    if (bytesRead === 0) return part(Buffer.concat(kept), options, false);
    position += bytesRead;
    let from = 0;
    while (line < options.firstLine && from < bytes.length) {
      const next = bytes.indexOf(NEW_LINE, from);
      if (next === -1) break;
      line += 1;
      from = next + 1;
    }
    if (line < options.firstLine) continue;
    const start = from;
    while (line < end && from < bytes.length) {
      const next = bytes.indexOf(NEW_LINE, from);
      from = next === -1 ? bytes.length : next + 1;
      if (next !== -1) line += 1;
    }
    kept.push(Buffer.from(bytes.subarray(start, from)));
    size += from - start;
    if (size > options.maxBytes) return headPart(Buffer.concat(kept).subarray(0, options.maxBytes), options);
    if (line >= end) {
      const more = from < bytes.length || (await handle.read(chunk, 0, 1, position)).bytesRead > 0;
      return part(Buffer.concat(kept), options, more);
    }
  }
}

function part(bytes: Buffer, options: PartOptions, more: boolean): TextPart {
  let lines = 0;
  for (let at = bytes.indexOf(NEW_LINE); at !== -1; at = bytes.indexOf(NEW_LINE, at + 1)) lines += 1;
  if (bytes.length > 0 && bytes[bytes.length - 1] !== NEW_LINE) lines += 1;
  const text = new TextDecoder().decode(bytes);
  return { text, firstLine: options.firstLine, lastLine: options.firstLine + lines - 1, more, lineCut: false };
}

/** Of bytes that were cut: whole lines, or, of a single line that is too long, whole characters. */
function headPart(bytes: Buffer, options: PartOptions): TextPart {
  const lastBreak = bytes.lastIndexOf(NEW_LINE);
  if (lastBreak !== -1) return part(bytes.subarray(0, lastBreak + 1), options, true);
  return { ...part(bytes.subarray(0, wholeCharacters(bytes)), options, true), lineCut: true };
}

/** Length without the beginning of a character whose rest is missing (UTF-8: at most three bytes). */
function wholeCharacters(bytes: Buffer): number {
  let start = bytes.length - 1;
  while (start > 0 && bytes.length - start < 4 && ((bytes[start] ?? 0) & 0xc0) === 0x80) start -= 1;
  const lead = bytes[start] ?? 0;
  const length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
  return start + length > bytes.length ? start : bytes.length;
}

/** `812 bytes`, `4.2 KB`, `1.3 MB`: what a person reads off at once. 1 KB is 1,024 bytes. */
export function shownBytes(bytes: number): string {
  if (bytes < 1024) return `${bytes} byte${bytes === 1 ? '' : 's'}`;
  const [value, unit] = bytes < 1024 ** 2 ? [bytes / 1024, 'KB'] : [bytes / 1024 ** 2, 'MB'];
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${unit}`;
}

/** `12,345`. */
export function shownCount(value: number): string {
  return value.toLocaleString('en-US');
}
