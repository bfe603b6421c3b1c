import type { WriteStream } from 'node:tty';

/** What a reader who went away looks like: a closed pipe, a terminal that hung up. */
const GONE: ReadonlySet<string> = new Set(['EPIPE', 'EIO', 'ENXIO', 'ECONNRESET', 'ERR_STREAM_DESTROYED']);
/** For a terminal that does not tell its size. */
const COLUMNS = 80;
const ROWS = 24;

/**
 * Standard output or standard error. Once its reader has gone away, what is written is dropped and nothing else happens:
 * a run does not end because `head` has seen enough. A full disk is kept in `failure`.
 */
export class Output {
  readonly #stream: WriteStream;
  readonly #write: (text: string, done?: (error?: Error | null) => void) => boolean;
  #open = true;
  #failure: Error | undefined;

  constructor(stream: WriteStream) {
    this.#stream = stream;
    // Kept, because a live tree puts its own in the stream's place to catch what a crew prints.
    this.#write = stream.write.bind(stream);
    stream.on('error', (error: NodeJS.ErrnoException) => {
      this.#open = false;
      if (!GONE.has(error.code ?? '')) this.#failure = error;
    });
  }

  /** False for a pipe and for a file. */
  get isTerminal(): boolean {
    return this.#stream.isTTY === true;
  }

  get columns(): number {
    return this.#stream.columns || COLUMNS;
  }

  get rows(): number {
    return this.#stream.rows || ROWS;
  }

  /** Why something could not be written, other than that nobody reads it any more. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  write(text: string): void {
    if (this.#open) this.#write(text);
  }

  /** Resolves once all that was written is out, or never will be. */
  flush(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#open) this.#write('', () => resolve());
      else resolve();
    });
  }

  /** Sends what anybody else writes to this stream to `take` instead, until the function returned is called. */
  divert(take: (text: string) => void): () => void {
    const stream = this.#stream;
    const { write } = stream;
    const decoder = new TextDecoder();
    stream.write = (chunk: string | Uint8Array, encoding?: unknown, callback?: unknown): boolean => {
      take(typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true }));
      const done = typeof encoding === 'function' ? encoding : callback;
      if (typeof done === 'function') queueMicrotask(() => done());
      return true;
    };
    return () => {
      stream.write = write;
    };
  }
}
