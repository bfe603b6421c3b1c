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

interface Answered extends Timed {
  /** Streamed in so many pieces of text. @default 4 */
  readonly chunks?: number;
  /** Milliseconds between two pieces of a stream. @default 0 */
  readonly delayBetweenMs?: number;
  /** `null` leaves usage out. @default a token for every four characters */
  readonly usage?: ReplyUsage | null;
  /** @default `stop`, or `tool_calls` */
  readonly finishReason?: string;
}

/** An answer in words. */
export interface TextReply extends Answered {
  readonly text: string;
  /** Words of refusal, beside or instead of the text. */
  readonly refusal?: string;
}

/** An answer that asks for tools. Arguments given as an object are written as JSON. */
export interface ToolCallsReply extends Answered {
  readonly toolCalls: readonly { readonly name: string; readonly arguments: object | string; readonly id?: string }[];
  readonly text?: string;
}

/** A refusal by status. `body` replaces the JSON error. */
export interface StatusReply extends Timed {
  readonly status: number;
  readonly error?: { readonly message: string; readonly type?: string; readonly code?: string | number | null };
  readonly headers?: { readonly [name: string]: string };
  readonly body?: string;
}

/** Any bytes, in one piece or several. */
export interface RawReply extends Timed {
  readonly raw: string | Uint8Array | readonly (string | Uint8Array)[];
  /** @default `application/json`, or `text/event-stream` when a stream was asked for */
  readonly contentType?: string;
  readonly headers?: { readonly [name: string]: string };
  /** Milliseconds between two pieces. @default 0 */
  readonly delayBetweenMs?: number;
}

/** An answer whose connection is reset: before the head, inside a JSON body, or inside a stream. */
export interface CutReply extends Timed {
  readonly cut: 'headers' | 'body' | 'stream';
  /** Bytes of the body that still arrive. @default 40 */
  readonly afterBytes?: number;
  /** What the answer would have been. */
  readonly text?: string;
}

/** Never an answer. */
export interface HangReply {
  readonly hang: true;
}

/** One reply of a model server; a plain string is `{ text }`. */
export type Reply = string | TextReply | ToolCallsReply | StatusReply | RawReply | CutReply | HangReply;
