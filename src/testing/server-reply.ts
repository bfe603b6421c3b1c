// What a model server can be told to answer. Each form is told apart by the field that only it has.

/** Tokens a reply claims. */
export interface ReplyUsage {
  readonly prompt: number;
  readonly completion: number;
  readonly cached?: number;
  readonly reasoning?: number;
}

interface Timed {
  /** Milliseconds before the first byte. @default 0 */
  readonly delayMs?: number;
}

/** How the connection ends: after the whole body; closed (FIN) or reset (RST) in the middle of it; not at all. */
export type Ending = 'whole' | 'closed' | 'reset' | 'open';

interface Sent extends Timed {
  /** Milliseconds between two pieces. @default 0 */
  readonly delayBetweenMs?: number;
  /** Sends the body in pieces of so many bytes, each a packet of its own, wherever that cuts it. @default as it comes */
  readonly pieceBytes?: number;
  /** @default 'whole' */
  readonly ending?: Ending;
}

interface Answered extends Sent {
  /** Streamed in so many pieces of text. @default 4 */
  readonly chunks?: number;
  /** What ends the lines of a stream. @default '\n' */
  readonly lineEnd?: '\n' | '\r\n' | '\r';
  /** True begins a stream with a byte order mark. @default false */
  readonly bom?: boolean;
  /** False leaves the last event of a stream, `[DONE]`, out. @default true */
  readonly done?: boolean;
  /** `null` leaves usage out. @default a token for every four characters */
  readonly usage?: ReplyUsage | null;
  /** `null` leaves it out. @default `stop`, or `tool_calls` */
  readonly finishReason?: string | null;
}

/** An answer in words. */
export interface TextReply extends Answered {
  readonly text: string;
  /** Words of refusal, beside or instead of the text. */
  readonly refusal?: string;
}

/** One tool call of an answer. */
export interface ReplyToolCall {
  readonly name: string;
  /** An object is written as JSON. */
  readonly arguments: object | string;
  /** `null` leaves it out. @default one of its own */
  readonly id?: string | null;
  /** Its place in a stream; `null` leaves it out. @default its place in the list */
  readonly index?: number | null;
}

/** An answer that asks for tools. */
export interface ToolCallsReply extends Answered {
  readonly toolCalls: readonly ReplyToolCall[];
  readonly text?: string;
}

/** A refusal by status. `body` replaces the JSON error. */
export interface StatusReply extends Timed {
  readonly status: number;
  readonly error?: { readonly message: string; readonly type?: string; readonly code?: string | number | null };
  readonly headers?: { readonly [name: string]: string };
  readonly body?: string;
}

/** Any bytes as the body, in one piece or several. */
export interface RawReply extends Sent {
  readonly raw: string | Uint8Array | readonly (string | Uint8Array)[];
  /** @default `application/json`, or `text/event-stream` when a stream was asked for */
  readonly contentType?: string;
  readonly headers?: { readonly [name: string]: string };
  /** Sends the pieces so many times; `Infinity` until the caller hangs up. @default 1 */
  readonly repeat?: number;
}

/** Any bytes as the whole answer, its head included. The connection serves no second call. */
export interface WireReply extends Sent {
  readonly wire: string | Uint8Array | readonly (string | Uint8Array)[];
}

/** An answer that is cut: before or inside its head, inside a JSON body, inside a stream, or inside whichever was asked for. */
export interface CutReply extends Timed {
  readonly cut: 'headers' | 'body' | 'stream' | 'answer';
  /** Bytes that still arrive: of the head where that is cut, else of the body. @default 40 of a body, none of a head */
  readonly afterBytes?: number;
  /** Whether the connection is reset (RST) or closed (FIN). @default 'reset' */
  readonly by?: 'reset' | 'closed';
  /** What the answer would have been. */
  readonly text?: string;
}

/** Never an answer. */
export interface HangReply {
  readonly hang: true;
}

/** One reply of a model server; a plain string is `{ text }`. */
export type Reply = string | TextReply | ToolCallsReply | StatusReply | RawReply | WireReply | CutReply | HangReply;
