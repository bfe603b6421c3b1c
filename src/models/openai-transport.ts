import { type Dispatcher, Pool } from 'undici';
import { Exchange } from './openai-exchange.ts';

/** How long a server may be silent. The limits of a call are its caller's; this one is only for a caller without any. Milliseconds. */
const SILENCE_MS = 24 * 60 * 60 * 1000;
const CONNECT_MS = 10_000;
/** Below the 5 s after which common servers close an idle connection, so that no call goes out on one that is closing. */
const IDLE_SOCKET_MS = 4_000;

/** What the SDK is given as the response: the head only. The body stays with the exchange, so no web stream is made. */
class Receipt extends Response {
  readonly exchange: Exchange;

  constructor(exchange: Exchange) {
    super(null, { status: exchange.status });
    this.exchange = exchange;
  }
}

/** The way to one server. */
export interface Transport {
  /** A `fetch` for the SDK: only POST of a text. Rejects for every status that is not 2xx; follows no redirect. */
  readonly fetch: (url: string | URL | Request, init?: RequestInit) => Promise<Response>;
  /** The exchange behind a response of this `fetch`. */
  readonly exchangeOf: (response: Response) => Exchange;
  /** True once the server has answered anything: then its name and certificate are right. */
  readonly reached: () => boolean;
}

/** Opens the way to one origin, with sockets of its own: at most `connections`, kept alive, none when nobody calls. */
export function openTransport(
  origin: string,
  { connections, connectMs = CONNECT_MS }: { readonly connections: number; readonly connectMs: number | undefined },
): Transport {
  const pool = new Pool(origin, {
    connections,
    pipelining: 1,
    headersTimeout: SILENCE_MS,
    bodyTimeout: SILENCE_MS,
    keepAliveTimeout: IDLE_SOCKET_MS,
    connect: { timeout: connectMs },
  });
  let reached = false;
  // undici gives a socket free one turn of the event loop after its answer. A call that waits for that uses it again,
  // instead of opening another.
  let freed: Promise<void> | undefined;
  const onEnd = () => {
    const turn = nextTurn();
    freed = turn;
    void turn.then(() => {
      if (freed === turn) freed = undefined;
    });
  };
  return {
    reached: () => reached,
    fetch: async (url, init = {}) => {
      if (freed !== undefined) await freed;
      return new Promise((resolve, reject) => {
        const exchange = new Exchange({
          signal: init.signal ?? undefined,
          onAnswer: () => {
            reached = true;
          },
          onHead: () => resolve(new Receipt(exchange)),
          onFailure: reject,
          onEnd,
        });
        pool.dispatch(requestOf(`${url}`.slice(origin.length), init), exchange);
      });
    },
    exchangeOf: (response) => {
      if (response instanceof Receipt) return response.exchange;
      throw new TypeError('this response was not made by this transport');
    },
  };
}

/** After all that this turn of the event loop has scheduled so far, and what follows from it at once. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => queueMicrotask(() => setImmediate(resolve)));
}

function requestOf(path: string, init: RequestInit): Dispatcher.DispatchOptions {
  return {
    path,
    method: 'POST',
    headers: init.headers instanceof Headers ? init.headers : null,
    body: typeof init.body === 'string' ? init.body : null,
  };
}
