// What can go wrong inside this room. `openai-errors.ts` turns each into the one error that users see.
import type { ErrorCode } from '../errors.ts';

/** A header's values by its name in small letters. */
export type HttpHeaders = { readonly [name: string]: string | string[] | undefined };

/** The server answered with a status that is not 2xx. */
export class HttpFailure extends Error {
  readonly status: number;
  readonly headers: HttpHeaders;
  /** At most the first 64 KB. */
  readonly body: string;

  constructor(status: number, headers: HttpHeaders, body: string) {
    super('the server refused the call');
    this.status = status;
    this.headers = headers;
    this.body = body;
  }
}

/** The connection could not be made, broke or stood still. `began` is true once a 2xx head had arrived. */
export class NetworkFailure extends Error {
  readonly began: boolean;
  readonly reason: unknown;

  constructor(reason: unknown, began: boolean) {
    super('the connection failed');
    this.reason = reason;
    this.began = began;
  }
}

/** A 2xx answer that is not a chat completion, or not a whole one. */
export class AnswerProblem extends Error {
  readonly code: Extract<ErrorCode, 'BAD_RESPONSE' | 'STREAM_TRUNCATED'>;
  /** The part of the body that shows the problem. */
  readonly body: string | undefined;

  constructor(code: AnswerProblem['code'], problem: string, body?: string) {
    super(problem);
    this.code = code;
    this.body = body;
  }
}

/** A 2xx answer whose body, or one event of it, is the provider's error. */
export class ProviderFailure extends Error {
  /** The JSON text of the error. */
  readonly body: string;

  constructor(body: string) {
    super('the answer is an error');
    this.body = body;
  }
}
