import type { ServerResponse } from 'node:http';
import type { Runtime } from '../internal/runtime.ts';
import { streamEvents, wholeBody } from './server-answer.ts';
import { type Bytes, inPieces, pause, writePieces } from './server-pieces.ts';
import type { CutReply, RawReply, Reply, StatusReply, TextReply, ToolCallsReply, WireReply } from './server-reply.ts';
import type { ServerRequest } from './server-request.ts';

const DEFAULT_CUT_BYTES = 40;

interface Sending<R> {
  readonly reply: R;
  readonly runtime: Runtime;
}

/** Sends one reply. Gives up quietly when the caller hangs up. */
export async function writeReply(
  response: ServerResponse,
  request: ServerRequest,
  options: Sending<Reply>,
): Promise<void> {
  const { runtime } = options;
  const reply = typeof options.reply === 'string' ? { text: options.reply } : options.reply;
  if ('hang' in reply) return;
  const { delayMs = 0 } = reply;
  if (delayMs > 0) await pause(response, delayMs, runtime);
  if (response.destroyed) return;
  if ('status' in reply) writeStatus(response, reply);
  else if ('raw' in reply) await writeRaw(response, request, { reply, runtime });
  else if ('wire' in reply) await writeWire(response, { reply, runtime });
  else if ('cut' in reply) await writeCut(response, request, reply);
  else if (request.stream) await writeStream(response, request, { reply, runtime });
  else await writeWhole(response, request, { reply, runtime });
}

/** Refuses a call the way OpenAI does. */
export function writeStatus(response: ServerResponse, reply: StatusReply): void {
  const { status, error, headers, body } = reply;
  const { message = `status ${status}`, type = 'invalid_request_error', code = null } = error ?? {};
  for (const [name, value] of Object.entries(headers ?? {})) response.setHeader(name, value);
  const text = body ?? JSON.stringify({ error: { message, type, param: null, code } });
  if (!response.hasHeader('content-type')) response.setHeader('content-type', 'application/json');
  response.writeHead(status, { 'content-length': Buffer.byteLength(text) });
  response.end(text);
}

type Answer = TextReply | ToolCallsReply;

async function writeWhole(
  response: ServerResponse,
  request: ServerRequest,
  { reply, runtime }: Sending<Answer>,
): Promise<void> {
  const body = Buffer.from(wholeBody(reply, request));
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length });
  await writePieces(response, inPieces([body], reply.pieceBytes), { ...pacing(reply), runtime });
}

async function writeStream(
  response: ServerResponse,
  request: ServerRequest,
  { reply, runtime }: Sending<Answer>,
): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const events = streamEvents(reply, request);
  // In one go where nothing asks for pieces: the cheapest answer that there is.
  const pieces = (reply.delayBetweenMs ?? 0) === 0 ? [events.join('')] : events;
  await writePieces(response, inPieces(pieces, reply.pieceBytes), { ...pacing(reply), runtime });
}

async function writeRaw(
  response: ServerResponse,
  request: ServerRequest,
  { reply, runtime }: Sending<RawReply>,
): Promise<void> {
  const { raw, headers, repeat, pieceBytes } = reply;
  const contentType = reply.contentType ?? (request.stream ? 'text/event-stream' : 'application/json');
  response.writeHead(200, { 'content-type': contentType, ...headers });
  await writePieces(response, inPieces(listOf(raw), pieceBytes), { ...pacing(reply), repeat, runtime });
}

async function writeWire(response: ServerResponse, { reply, runtime }: Sending<WireReply>): Promise<void> {
  const pieces = inPieces(listOf(reply.wire), reply.pieceBytes);
  const { socket } = response;
  const { delayMs, ending } = pacing(reply);
  for (const [index, piece] of pieces.entries()) {
    if (index > 0 && delayMs > 0) await pause(response, delayMs, runtime);
    if (response.destroyed || socket === null || socket.destroyed) return;
    await new Promise((resolve) => socket.write(piece, resolve));
  }
  if (ending === 'open') return;
  if (ending === 'reset') socket?.resetAndDestroy();
  else socket?.end();
}

async function writeCut(response: ServerResponse, request: ServerRequest, reply: CutReply): Promise<void> {
  const { cut, by = 'reset' } = reply;
  const { socket } = response;
  if (cut === 'headers') {
    const head = Buffer.from('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nx-request-id: cut\r\n');
    const sent = head.subarray(0, reply.afterBytes ?? 0);
    if (sent.length > 0) await new Promise((resolve) => socket?.write(sent, resolve));
  } else {
    const answer = { text: reply.text ?? 'An answer that never arrives as a whole, because the connection is cut.' };
    const isStream = cut === 'stream' || (cut === 'answer' && request.stream);
    const body = Buffer.from(isStream ? streamEvents(answer, request).join('') : wholeBody(answer, request));
    const type = isStream ? 'text/event-stream' : 'application/json';
    response.writeHead(200, { 'content-type': type, ...(!isStream && { 'content-length': body.length }) });
    // The bytes must have left before the reset, which throws away all that waits in the socket.
    await new Promise((resolve) => response.write(body.subarray(0, reply.afterBytes ?? DEFAULT_CUT_BYTES), resolve));
  }
  if (by === 'reset') socket?.resetAndDestroy();
  else socket?.end();
}

function listOf(bytes: Bytes | readonly Bytes[]): readonly Bytes[] {
  return typeof bytes === 'string' || bytes instanceof Uint8Array ? [bytes] : bytes;
}

function pacing({ delayBetweenMs = 0, ending = 'whole' }: Pick<RawReply, 'delayBetweenMs' | 'ending'>) {
  return { delayMs: delayBetweenMs, ending };
}
