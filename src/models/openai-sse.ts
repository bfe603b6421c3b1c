import { GrowingBytes } from './growing-bytes.ts';
import { AnswerProblem } from './openai-failure.ts';

/** One server-sent event. */
export interface SseEvent {
  /** Its type; `message` when the server names none. */
  readonly event: string;
  /** Its data lines, joined by line feeds. */
  readonly data: string;
}

/** A longer event is refused. Bytes. */
export const MAX_EVENT_BYTES = 4 * 1024 * 1024;

const LF = 10;
const CR = 13;
const BOM = 0xfeff;

/**
 * Reads server-sent events from bytes that arrive in any pieces: BOM, all three line ends, comments, data over
 * several lines, and characters split between chunks. Each byte is looked at a constant number of times.
 * https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
 */
export class SseParser {
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  /** The line that has not ended yet. */
  readonly #line = new GrowingBytes();
  #data: string[] = [];
  #dataBytes = 0;
  #event = '';
  #firstLine = true;
  /** The last chunk ended in CR: an LF that comes first in the next one belongs to it. */
  #afterCr = false;

  /** @throws {AnswerProblem} `BAD_RESPONSE` when one event is larger than 4 MB. */
  push(chunk: Uint8Array): SseEvent[] {
    const events: SseEvent[] = [];
    let start = 0;
    if (this.#afterCr && chunk.length > 0) {
      if (chunk[0] === LF) start = 1;
      this.#afterCr = false;
    }
    let lf = chunk.indexOf(LF, start);
    let cr = chunk.indexOf(CR, start);
    while (lf !== -1 || cr !== -1) {
      const end = cr === -1 || (lf !== -1 && lf < cr) ? lf : cr;
      if (start < end) this.#keep(chunk.subarray(start, end));
      const event = this.#endLine();
      if (event !== undefined) events.push(event);
      start = end + 1;
      if (end === cr) {
        if (lf === start) start += 1;
        else if (start === chunk.length) this.#afterCr = true;
      }
      // Each search goes on from where the last one found something, so that no byte is searched twice.
      if (lf !== -1 && lf < start) lf = chunk.indexOf(LF, start);
      if (cr !== -1 && cr < start) cr = chunk.indexOf(CR, start);
    }
    this.#keep(chunk.subarray(start));
    return events;
  }

  /** What a body that ended without its last empty line still holds. Some servers leave that line out. */
  end(): SseEvent[] {
    const last = this.#endLine() ?? this.#dispatch();
    return last === undefined ? [] : [last];
  }

  #keep(piece: Uint8Array): void {
    if (piece.length === 0) return;
    this.#line.add(piece);
    if (this.#line.length + this.#dataBytes > MAX_EVENT_BYTES) {
      throw new AnswerProblem('BAD_RESPONSE', 'one event of the stream is larger than 4 MB');
    }
  }

  #endLine(): SseEvent | undefined {
    const bytes = this.#line.length;
    const line = this.#takeLine();
    if (line === '') return this.#dispatch();
    const colon = line.indexOf(':');
    if (colon === 0) return undefined;
    const field = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1);
    if (field === 'data') {
      this.#data.push(value);
      // One more for the line feed, so that empty lines count too.
      this.#dataBytes += bytes + 1;
    } else if (field === 'event') this.#event = value;
    return undefined;
  }

  #takeLine(): string {
    const line = this.#line.length === 0 ? '' : this.#decoder.decode(this.#line.take());
    const hasBom = this.#firstLine && line.charCodeAt(0) === BOM;
    this.#firstLine = false;
    return hasBom ? line.slice(1) : line;
  }

  #dispatch(): SseEvent | undefined {
    const event = this.#event === '' ? 'message' : this.#event;
    const data = this.#data;
    this.#event = '';
    if (data.length === 0) return undefined;
    this.#data = [];
    this.#dataBytes = 0;
    return { event, data: data.length === 1 ? `${data[0]}` : data.join('\n') };
  }
}
