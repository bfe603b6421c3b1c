import { APIConnectionError, OpenAI } from 'openai';
import { CrewError, type ErrorDetails, ModelError, messageOf } from '../errors.ts';
import { onAbort } from '../internal/on-abort.ts';
import { LONGEST_TIMER_MS } from '../internal/runtime.ts';
import { Secret } from '../internal/secret.ts';
import type { ModelCallOptions, ModelPart, ModelRequest } from '../spec/model.ts';
import { Answer } from './openai-answer.ts';
import { toModelError } from './openai-errors.ts';
import type { Exchange } from './openai-exchange.ts';
import { AnswerProblem, HttpFailure, type HttpHeaders } from './openai-failure.ts';
import { limitNewsOf } from './openai-limits.ts';
import { DEFAULT_CONCURRENCY, type OpenAIOptions, whatIsWrongWithURL } from './openai-options.ts';
import { type RequestDefaults, toBody } from './openai-request.ts';
import { SseParser } from './openai-sse.ts';
import { callIds } from './openai-tool-calls.ts';
import { openTransport, type Transport } from './openai-transport.ts';

const OPENAI_URL = 'https://api.openai.com/v1';

/** Where calls go, and with what. The key stays in here. */
interface Connection {
  readonly client: OpenAI;
  readonly transport: Transport;
  readonly baseURL: string;
  /** Held, so that it is hidden for as long as calls go out with it. */
  readonly key: Secret;
  readonly defaults: RequestDefaults;
}

/** A way to a server that opens at the first call, so that the environment is read then, and no earlier. */
export function connect(
  options: OpenAIOptions,
): (request: ModelRequest, call: ModelCallOptions) => AsyncIterable<ModelPart> {
  let connection: Connection | undefined;
  return (request, call) => generate(() => (connection ??= open(options)), request, call);
}

function open(options: OpenAIOptions): Connection {
  const custom = options.baseURL ?? setting('OPENAI_BASE_URL');
  const wrong = custom === undefined ? undefined : whatIsWrongWithURL(custom);
  if (wrong !== undefined) throw new ModelError('OPTION_INVALID', `OPENAI_BASE_URL ${wrong}.`);
  const baseURL = custom ?? OPENAI_URL;
  const secret = keyOf(options.apiKey ?? setting('OPENAI_API_KEY') ?? '');
  const key = secret.reveal().trim();
  checkKey(key, custom !== undefined, options.model);
  const { origin, hostname } = new URL(baseURL);
  const transport = openTransport(origin, {
    connections: options.maxConcurrency ?? DEFAULT_CONCURRENCY,
    connectMs: options.timeouts?.connectMs,
  });
  const client = new OpenAI({
    baseURL,
    // Servers of one's own usually ask for no key, but the SDK insists on one.
    apiKey: key === '' ? 'none' : key,
    maxRetries: 0,
    // The SDK's own timer is out of the way: the call layer's limits count.
    timeout: LONGEST_TIMER_MS,
    fetch: transport.fetch,
  });
  const defaults = { model: options.model, settings: options.settings, isOpenAI: hostname === 'api.openai.com' };
  return { client, transport, baseURL, key: secret, defaults };
}

function keyOf(key: string | Secret): Secret {
  return typeof key === 'string' ? new Secret(key) : key;
}

/** A variable of the environment; one that is set to nothing counts as absent. */
function setting(name: string): string | undefined {
  return process.env[name]?.trim() || undefined;
}

function checkKey(key: string, isCustom: boolean, model: string): void {
  if (key === '' && !isCustom) {
    const advice = 'Set OPENAI_API_KEY, or pass apiKey; for a server of your own set OPENAI_BASE_URL, or pass baseURL.';
    throw new ModelError('AUTH', `${model} needs a key for api.openai.com. ${advice}`);
  }
  // Such a key cannot be a header, and the error about it would show it.
  if (!/^[\x21-\x7e]*$/.test(key)) {
    throw new ModelError('AUTH', 'the API key holds a space or another character that no key has. Copy it again.');
  }
}

async function* generate(
  connected: () => Connection,
  request: ModelRequest,
  call: ModelCallOptions,
): AsyncGenerator<ModelPart> {
  const { signal } = call;
  const answer = new Answer(() => callIds(request.messages));
  // The SDK never lets go of a signal it was given, so it gets one that lives as long as the call.
  const own = new AbortController();
  const forget = onAbort(signal, () => own.abort(signal.reason));
  let connection: Connection | undefined;
  let exchange: Exchange | undefined;
  let whole = false;
  try {
    signal.throwIfAborted();
    connection = connected();
    exchange = await send(connection, request, own.signal);
    answer.limits = limitNewsOf(exchange.headers);
    const useful = () => call.progress?.();
    if (isStream(request, exchange)) yield* readStream(exchange, answer, useful);
    else yield* answer.whole(await exchange.text(useful));
    whole = true;
  } catch (thrown) {
    throw toCrewError(thrown, { connection, exchange, answer, call });
  } finally {
    forget();
    exchange?.close(whole);
  }
}

async function send(
  { client, transport, defaults }: Connection,
  request: ModelRequest,
  signal: AbortSignal,
): Promise<Exchange> {
  try {
    const body = toBody(request, defaults);
    return transport.exchangeOf(await client.chat.completions.create(body, { signal }).asResponse());
  } catch (error) {
    // The SDK wraps what the transport throws.
    throw error instanceof APIConnectionError ? error.cause : error;
  }
}

/** Servers that cannot stream answer with JSON, and wrong addresses with a web page. */
function isStream(request: ModelRequest, exchange: Exchange): boolean {
  return request.stream && !/json|html/.test(exchange.header('content-type'));
}

/** `useful` is called for what arrives and is no part yet. */
async function* readStream(exchange: Exchange, answer: Answer, useful: () => void): AsyncGenerator<ModelPart> {
  const parser = new SseParser();
  let first: Uint8Array | undefined;
  let events = 0;
  for (;;) {
    const chunk = await exchange.next();
    first ??= chunk;
    for (const { data } of chunk === undefined ? parser.end() : parser.push(chunk)) {
      events += 1;
      if (data === '[DONE]') {
        yield* answer.finish();
        return;
      }
      // What the end left open may be half an event, so only the mark above counts there.
      const before = answer.silent;
      const text = chunk === undefined ? '' : answer.piece(data);
      if (answer.silent > before) useful();
      if (text !== '') yield { type: 'text', text };
    }
    if (chunk !== undefined) continue;
    if (events > 0) throw answer.cut();
    if (first === undefined) throw new AnswerProblem('BAD_RESPONSE', 'its body is empty');
    throw new AnswerProblem(
      'BAD_RESPONSE',
      'it is not a stream of events',
      new TextDecoder().decode(first.subarray(0, 1_000)),
    );
  }
}

const NO_HEADERS: HttpHeaders = Object.freeze({});

interface Happened {
  readonly connection: Connection | undefined;
  readonly exchange: Exchange | undefined;
  readonly answer: Answer;
  readonly call: ModelCallOptions;
}

function toCrewError(thrown: unknown, { connection, exchange, answer, call }: Happened): CrewError {
  const { runId, taskName, agent, signal } = call;
  const details: ErrorDetails = { runId, taskName, agent };
  if (signal.aborted)
    return new CrewError('CANCELLED', 'the model call was cancelled.', { ...details, cause: signal.reason });
  if (connection === undefined) {
    // Nothing was sent: the options or the environment do not say where, or with which key.
    return new ModelError(thrown instanceof CrewError ? thrown.code : 'REQUEST_REFUSED', messageOf(thrown), details);
  }
  const { baseURL, transport, defaults } = connection;
  const headers = thrown instanceof HttpFailure ? thrown.headers : (exchange?.headers ?? NO_HEADERS);
  const requestId = headers['x-request-id'];
  return toModelError(thrown, {
    model: defaults.model,
    baseURL,
    reached: transport.reached(),
    requestId: typeof requestId === 'string' ? requestId : undefined,
    status: exchange?.status,
    headers,
    text: answer.text,
    details,
  });
}
