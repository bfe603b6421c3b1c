import type { ServerResponse } from 'node:http';
import type { Runtime } from '../internal/runtime.ts';
import { streamEvents, wholeBody } from './server-answer.ts';
import type { CutReply, RawReply, Reply, StatusReply, TextReply, ToolCallsReply } from './server-reply.ts';
import type { ServerRequest } from './server-request.ts';

const DEFAULT_CUT_BYTES = 40;

/** Sends one reply. Gives up quietly when the caller hangs up. */
export async function writeReply(
  response: ServerResponse,
  request: ServerRequest,
  options: { readonly reply: Reply; readonly runtime: Runtime },
): Promise<void> {
  const { runtime } = options;
  const reply = typeof options.reply === 'string' ? { text: options.reply } : options.reply;
  if ('hang' in reply) return;
  const { delayMs = 0 } = reply;
  if (delayMs > 0) await pause(response, delayMs, runtime);
  if (response.destroyed) return;
  if ('status' in reply) writeStatus(response, reply);
  else if ('raw' in reply) await writeRaw(response, request, { reply, runtime });
  else if ('cut' in reply) await writeCut(response, request, reply);
  else if (request.stream) await writeStream(response, request, { reply, runtime });
  else writeJson(response, 200, wholeBody(reply, request));
}

/** Refuses a call the way OpenAI does. */
export function writeStatus(response: ServerResponse, reply: StatusReply): void {
  const { status, error, headers, body } = reply;
  const { message = `status ${status}`, type = 'invalid_request_error', code = null } = error ?? {};
  for (const [name, value] of Object.entries(headers ?? {})) response.setHeader(name, value);
  writeJson(response, status, body ?? JSON.stringify({ error: { message, type, param: null, code } }));
}

function writeJson(response: ServerResponse, status: number, body: string): void {
  if (!response.hasHeader('content-type')) response.setHeader('content-type', 'application/json');
  response.writeHead(status, { 'content-length': Buffer.byteLength(body) });
  response.end(body);
}

async function writeStream(
  response: ServerResponse,
  request: ServerRequest,
  { reply, runtime }: { readonly reply: TextReply | ToolCallsReply; readonly runtime: Runtime },
): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const events = streamEvents(reply, request);
  if ((reply.delayBetweenMs ?? 0) === 0) response.end(events.join(''));
  else await writePieces(response, events, { delayMs: reply.delayBetweenMs ?? 0, runtime });
}

async function writeRaw(
  response: ServerResponse,
  request: ServerRequest,
  { reply, runtime }: { readonly reply: RawReply; readonly runtime: Runtime },
): Promise<void> {
  const { raw, headers, delayBetweenMs = 0 } = reply;
  const contentType = reply.contentType ?? (request.stream ? 'text/event-stream' : 'application/json');
  response.writeHead(200, { 'content-type': contentType, ...headers });
  const pieces = typeof raw === 'string' || raw instanceof Uint8Array ? [raw] : raw;
  await writePieces(response, pieces, { delayMs: delayBetweenMs, runtime });
}

async function writeCut(response: ServerResponse, request: ServerRequest, reply: CutReply): Promise<void> {
  const answer = { text: reply.text ?? 'An answer that never arrives as a whole, because the connection is reset.' };
  if (reply.cut !== 'headers') {
    const isStream = reply.cut === 'stream';
    const body = Buffer.from(isStream ? streamEvents(answer, request).join('') : wholeBody(answer, request));
    const type = isStream ? 'text/event-stream' : 'application/json';
    response.writeHead(200, { 'content-type': type, ...(!isStream && { 'content-length': body.length }) });
    // The bytes must have left before the reset, which throws away all that waits in the socket.
    await new Promise((resolve) => response.write(body.subarray(0, reply.afterBytes ?? DEFAULT_CUT_BYTES), resolve));
  }
  response.socket?.resetAndDestroy();
}

async function writePieces(
  response: ServerResponse,
  pieces: readonly (string | Uint8Array)[],
  { delayMs, runtime }: { readonly delayMs: number; readonly runtime: Runtime },
): Promise<void> {
  for (const [index, piece] of pieces.entries()) {
    if (index > 0 && delayMs > 0) await pause(response, delayMs, runtime);
    if (response.destroyed) return;
    // Waiting for each piece makes it a packet of its own, as a slow server's would be.
    if (piece.length > 0) await new Promise((resolve) => response.write(piece, resolve));
  }
  response.end();
}

/** Waits; a caller that hangs up ends the wait. */
function pause(response: ServerResponse, ms: number, runtime: Runtime): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      cancel();
      response.off('close', done);
      resolve();
    };
    const cancel = runtime.timer(ms, done);
    response.on('close', done);
  });
}
