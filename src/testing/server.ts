// For projects whose own settings do not bring `Symbol.asyncDispose`.
/// <reference lib="esnext.disposable" preserve="true" />
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { messageOf } from '../errors.ts';
import { anything, checkOptions, runtime as isRuntime, type Rules, refuse, text } from '../internal/checks.ts';
import { parseJson } from '../internal/json.ts';
import { type Runtime, realRuntime } from '../internal/runtime.ts';
import type { Json } from '../spec/json.ts';
import type { Reply } from './server-reply.ts';
import { readRequest, type ServerRequest } from './server-request.ts';
import { writeReply, writeStatus } from './server-write.ts';

export type {
  CutReply,
  Ending,
  HangReply,
  RawReply,
  Reply,
  ReplyToolCall,
  ReplyUsage,
  StatusReply,
  TextReply,
  ToolCallsReply,
  WireReply,
} from './server-reply.ts';
export type { ServerRequest } from './server-request.ts';

/** Decides what a call is answered with. What it throws is answered with status 500. */
export type ServerHandler = (request: ServerRequest) => Reply | Promise<Reply>;

/** Options of `modelServer`. */
export interface ModelServerOptions {
  /** What calls are answered with. @default `ok` */
  readonly respond?: Reply | ServerHandler;
  /** The only key that is let in; others get status 401. @default any, or none */
  readonly apiKey?: string;
  /** Where delays take their time from. @default the real clock */
  readonly runtime?: Runtime;
}

/** One call as it was received. */
export interface ServerRecord {
  readonly path: string;
  /** Without `authorization`. */
  readonly headers: { readonly [name: string]: string | readonly string[] | undefined };
  /** The JSON that was sent; null when it was none. */
  readonly body: Json;
  /** When it had arrived. Milliseconds on the server's monotonic clock. */
  readonly at: number;
}

/** A model server under a test's control. */
export interface ModelServer extends AsyncDisposable {
  /** Its base URL, ending in `/v1`. */
  readonly url: string;
  /** All calls so far, in order of arrival. */
  readonly requests: readonly ServerRecord[];
  /** Sockets open now, and at most so far. */
  readonly sockets: number;
  readonly peakSockets: number;
  /** Sockets opened so far, closed ones included. */
  readonly openedSockets: number;
  /** Calls that wait for their answer now, and at most so far. */
  readonly concurrency: number;
  readonly peakConcurrency: number;
  /** Changes what calls are answered with from now on. */
  respond(reply: Reply | ServerHandler): void;
  /** Closes every socket; calls under way are cut. */
  close(): Promise<void>;
}

/** The kernel caps it; a thousand callers may come in the same millisecond. */
const BACKLOG = 4096;

const RULES: Rules = { respond: anything, apiKey: text, runtime: isRuntime };

/**
 * Starts an OpenAI-compatible server (chat completions) on 127.0.0.1, over real HTTP: it streams, calls tools, delays
 * and fails as told. One reply serves streamed and whole answers alike. Like the real one, it refuses a conversation in
 * which a tool call is not answered exactly once.
 */
export async function modelServer(options: ModelServerOptions = {}): Promise<ModelServer> {
  refuse(checkOptions('modelServer', options, RULES, []), 'modelServer');
  const server = new TestServer(options);
  await server.listen();
  return server;
}

class TestServer implements ModelServer {
  readonly requests: ServerRecord[] = [];
  sockets = 0;
  peakSockets = 0;
  openedSockets = 0;
  concurrency = 0;
  peakConcurrency = 0;
  #url = '';
  #handler: ServerHandler;
  #closed: Promise<void> | undefined;
  readonly #apiKey: string | undefined;
  readonly #runtime: Runtime;
  readonly #http: Server;

  constructor(options: ModelServerOptions) {
    this.#handler = toHandler(options.respond ?? 'ok');
    this.#apiKey = options.apiKey;
    this.#runtime = options.runtime ?? realRuntime;
    this.#http = createServer((request, response) => this.#receive(request, response));
    this.#http.on('connection', (socket) => {
      this.sockets += 1;
      this.openedSockets += 1;
      this.peakSockets = Math.max(this.peakSockets, this.sockets);
      socket.on('close', () => {
        this.sockets -= 1;
      });
    });
  }

  get url(): string {
    return this.#url;
  }

  listen(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#http.on('error', reject);
      this.#http.listen({ port: 0, host: '127.0.0.1', backlog: BACKLOG }, () => {
        const address = this.#http.address();
        this.#url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/v1`;
        resolve();
      });
    });
  }

  respond(reply: Reply | ServerHandler): void {
    this.#handler = toHandler(reply);
  }

  close(): Promise<void> {
    this.#closed ??= new Promise((resolve) => {
      this.#http.close(() => resolve());
      this.#http.closeAllConnections();
    });
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #receive(request: IncomingMessage, response: ServerResponse): void {
    this.concurrency += 1;
    this.peakConcurrency = Math.max(this.peakConcurrency, this.concurrency);
    response.on('close', () => {
      this.concurrency -= 1;
    });
    const chunks: Uint8Array[] = [];
    request.on('data', (chunk: Uint8Array) => chunks.push(chunk));
    request.on('end', () => {
      this.#answer(request, response, Buffer.concat(chunks).toString()).catch((error: unknown) => {
        // A handler that fails must fail the test that uses it, not the process.
        if (response.headersSent) response.destroy();
        else writeStatus(response, { status: 500, error: { message: `the handler threw: ${messageOf(error)}` } });
      });
    });
  }

  async #answer(incoming: IncomingMessage, response: ServerResponse, source: string): Promise<void> {
    const { authorization, ...headers } = incoming.headers;
    const path = incoming.url ?? '';
    const parsed = parseJson(source);
    const body = parsed.ok ? parsed.value : null;
    const index = this.requests.push({ path, headers, body, at: this.#runtime.monotonic() }) - 1;
    if (this.#apiKey !== undefined && authorization !== `Bearer ${this.#apiKey}`) {
      const error = { message: 'Incorrect API key provided.', code: 'invalid_api_key' };
      return writeStatus(response, { status: 401, error });
    }
    if (incoming.method !== 'POST' || path !== '/v1/chat/completions') {
      const error = { message: `Unknown request URL: ${incoming.method} ${path}.`, code: 'unknown_url' };
      return writeStatus(response, { status: 404, error });
    }
    const request = readRequest(body, index);
    if (typeof request === 'string') return writeStatus(response, { status: 400, error: { message: request } });
    const reply = await this.#handler(request);
    await writeReply(response, request, { reply, runtime: this.#runtime });
  }
}

/**
 * A handler that gives one reply after the other; the last one answers all that follow.
 *
 * ```ts
 * server.respond(respondInOrder([{ status: 503 }, { hang: true }, 'Sunny.']));
 * ```
 */
export function respondInOrder(replies: readonly [Reply | ServerHandler, ...(Reply | ServerHandler)[]]): ServerHandler {
  let next = 0;
  return (request) => {
    const reply = replies[Math.min(next, replies.length - 1)] ?? replies[0];
    next += 1;
    return toHandler(reply)(request);
  };
}

function toHandler(reply: Reply | ServerHandler): ServerHandler {
  return typeof reply === 'function' ? reply : () => reply;
}
