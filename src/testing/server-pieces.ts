import type { ServerResponse } from 'node:http';
import type { Runtime } from '../internal/runtime.ts';
import type { Ending } from './server-reply.ts';

export type Bytes = string | Uint8Array;

/** How pieces go out. */
interface Pacing {
  readonly delayMs: number;
  readonly ending: Ending;
  /** @default 1 */
  readonly repeat?: number | undefined;
  readonly runtime: Runtime;
}

/** The same bytes in pieces of so many; as they are without a size. */
export function inPieces(pieces: readonly Bytes[], size: number | undefined): readonly Bytes[] {
  if (size === undefined) return pieces;
  const all = Buffer.concat(pieces.map((piece) => Buffer.from(piece)));
  const cut: Uint8Array[] = [];
  for (let at = 0; at < all.length; at += size) cut.push(all.subarray(at, at + size));
  return cut;
}

/** Sends a body piece by piece, as often as asked, and ends it. */
export async function writePieces(
  response: ServerResponse,
  pieces: readonly Bytes[],
  { delayMs, ending, repeat = 1, runtime }: Pacing,
): Promise<void> {
  if (pieces.length === 1 && repeat === 1 && ending === 'whole') {
    response.end(pieces[0]);
    return;
  }
  for (let round = 0; round < repeat; round += 1) {
    for (const [index, piece] of pieces.entries()) {
      if (round + index > 0 && delayMs > 0) await pause(response, delayMs, runtime);
      if (response.destroyed) return;
      // Waiting for each piece makes it a packet of its own, as a slow server's would be.
      if (piece.length > 0) await written(response, piece);
    }
  }
  switch (ending) {
    case 'whole':
      response.end();
      return;
    case 'closed':
      response.socket?.end();
      return;
    case 'reset':
      response.socket?.resetAndDestroy();
      return;
    case 'open':
  }
}

/** A piece that has left; or one that never will, because the caller hung up. */
function written(response: ServerResponse, piece: Bytes): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      response.off('close', done);
      resolve();
    };
    response.on('close', done);
    response.write(piece, done);
  });
}

/** Waits; a caller that hangs up ends the wait. */
export function pause(response: ServerResponse, ms: number, runtime: Runtime): Promise<void> {
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
