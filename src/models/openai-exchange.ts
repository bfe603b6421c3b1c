import type { Dispatcher } from 'undici';
import { realRuntime } from '../internal/runtime.ts';
import { GrowingBytes } from './growing-bytes.ts';
import { AnswerProblem, HttpFailure, type HttpHeaders, NetworkFailure } from './openai-failure.ts';

/** A larger answer is refused. Bytes. It also bounds what waits for a slow reader, so nothing needs to be paused. */
const MAX_RESPONSE_BYTES = 32 * 1024 * 1024;
/** So much of an error's body is read. Bytes. */
const MAX_ERROR_BYTES = 64 * 1024;
/** How long a server may leave a finished stream open before its socket is given up. Milliseconds. */
const LINGER_MS = 1_000;
/** Drops a byte order mark; shared, because it keeps nothing between calls. */
const UTF8 = new TextDecoder();

interface ExchangeOptions {
  readonly signal: AbortSignal | undefined;
  /** Something came back, whatever it is. */
  readonly onAnswer: () => void;
  /** A 2xx head came back. */
  readonly onHead: () => void;
  /** The call failed before a 2xx head. */
  readonly onFailure: (failure: Error) => void;
  /** The whole answer has come: its socket will be free. */
  readonly onEnd: () => void;
}

/** One HTTP call under way: undici feeds it, the client reads it. */
export class Exchange implements Dispatcher.DispatchHandler {
  status = 0;
  headers: HttpHeaders = {};
  readonly #options: ExchangeOptions;
  readonly #waiting = new GrowingBytes();
  #controller: Dispatcher.DispatchController | undefined;
  #received = 0;
  #ended = false;
  #discard = false;
  #failure: Error | undefined;
  #wake: (() => void) | undefined;
  #stopLingering: (() => void) | undefined;
  #onUseful: (() => void) | undefined;

  constructor(options: ExchangeOptions) {
    this.#options = options;
    const { signal } = options;
    if (signal?.aborted === true) this.#abort(signal.reason);
    // The SDK makes one signal a call, so the listener goes with it.
    else signal?.addEventListener('abort', () => this.#abort(signal.reason), { once: true });
  }

  /** Called when a socket takes the call; until then it waits for one. */
  onRequestStart(controller: Dispatcher.DispatchController): void {
    // Given up while it waited. Throwing leaves the socket to the next call; aborting would close it.
    if (this.#failure !== undefined) throw this.#failure;
    this.#controller = controller;
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: HttpHeaders): void {
    this.#options.onAnswer();
    // 1xx is news on the way; the answer's own head follows.
    if (status < 200) return;
    this.status = status;
    this.headers = headers;
    if (this.#isGood()) this.#options.onHead();
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Uint8Array): void {
    if (this.#discard) return;
    this.#received += chunk.length;
    if (!this.#isGood() && this.#received > MAX_ERROR_BYTES) {
      this.#waiting.add(chunk.subarray(0, chunk.length - (this.#received - MAX_ERROR_BYTES)));
      this.onResponseEnd();
      controller.abort(new Error('the rest of this error is not wanted'));
    } else if (this.#received > MAX_RESPONSE_BYTES) {
      this.#fail(new AnswerProblem('BAD_RESPONSE', 'it is larger than 32 MB'));
    } else {
      this.#waiting.add(chunk);
      if (this.#onUseful !== undefined && chunk.some(isVisible)) this.#onUseful();
      this.#wakeUp();
    }
  }

  onResponseEnd(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#stopLingering?.();
    this.#options.onEnd();
    if (!this.#isGood()) this.#options.onFailure(new HttpFailure(this.status, this.headers, this.#takeText()));
    this.#wakeUp();
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    this.#stopLingering?.();
    this.#fail(new NetworkFailure(error, this.#isGood()));
  }

  /** All bytes that have arrived since the last call; waits for some; nothing at the end of the body.
   *  @throws {NetworkFailure | AnswerProblem} when the rest is not coming. */
  async next(): Promise<Uint8Array | undefined> {
    while (this.#waiting.length === 0) {
      if (this.#failure !== undefined) throw this.#failure;
      if (this.#ended) return undefined;
      await this.#change();
    }
    return this.#waiting.take();
  }

  /** The whole body. `onUseful` is called whenever some of it comes that is not only white space.
   *  @throws {NetworkFailure | AnswerProblem} when it does not come. */
  async text(onUseful: () => void): Promise<string> {
    this.#onUseful = onUseful;
    while (!this.#ended) {
      if (this.#failure !== undefined) throw this.#failure;
      await this.#change();
    }
    return this.#takeText();
  }

  /** Nobody reads on. With `whole`, everything worth reading has come: the socket gets a moment to end and be used again. */
  close(whole: boolean): void {
    if (this.#ended || this.#failure !== undefined) return;
    this.#discard = true;
    if (!whole) this.#abort(undefined);
    else this.#stopLingering = realRuntime.timer(LINGER_MS, () => this.#abort(undefined));
  }

  header(name: string): string {
    const value = this.headers[name];
    return typeof value === 'string' ? value : '';
  }

  #isGood(): boolean {
    return this.status >= 200 && this.status < 300;
  }

  #takeText(): string {
    return UTF8.decode(this.#waiting.take());
  }

  #abort(reason: unknown): void {
    this.#fail(new NetworkFailure(reason, this.#isGood()));
  }

  /** The first failure counts; those that follow from it are silent. */
  #fail(failure: Error): void {
    if (this.#ended || this.#failure !== undefined) return;
    this.#failure = failure;
    if (!this.#isGood()) this.#options.onFailure(failure);
    this.#controller?.abort(failure);
    this.#wakeUp();
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  #wakeUp(): void {
    this.#wake?.();
    this.#wake = undefined;
  }
}

/** Not white space; of UTF-8, every byte of another character. */
function isVisible(byte: number): boolean {
  return byte > 32;
}
