import { CrewError } from '../../errors.ts';
import { Node } from './node.ts';
import type { DbosOptions } from './options.ts';

const LEASE_MS = 15_000;
const POLL_MS = 200;
const CONCURRENCY = 16;

interface Shared {
  readonly url: string;
  readonly node: Promise<Node>;
  users: number;
}

/** DBOS is one in each process, and so is what is built on it. */
let shared: Shared | undefined;
/** Resolves once the one before it has left. */
let left: Promise<unknown> = Promise.resolve();

/** This process' place in that Postgres, for one more engine. @throws {CrewError} `ENGINE_IN_USE`. */
export async function sharedNode({
  url,
  leaseMs = LEASE_MS,
  pollMs = POLL_MS,
  concurrency = CONCURRENCY,
}: DbosOptions): Promise<Node> {
  if (shared !== undefined && shared.url !== url) {
    throw new CrewError(
      'ENGINE_IN_USE',
      'This process shares the work in another Postgres already, and can be in one only. Use one address, or stop the other engine first: await engine.stop().',
    );
  }
  shared ??= { url, node: left.then(() => Node.open({ url, leaseMs, pollMs, concurrency })), users: 0 };
  const mine = shared;
  mine.users += 1;
  try {
    return await mine.node;
  } catch (thrown) {
    if (shared === mine) shared = undefined;
    throw thrown;
  }
}

/** One engine less; with the last of them the process leaves. */
export async function releaseNode(
  node: Node,
  options: { readonly drainMs?: number; readonly runs: boolean },
): Promise<void> {
  if (shared === undefined || (await shared.node) !== node) return;
  shared.users -= 1;
  if (shared.users > 0) return;
  shared = undefined;
  const leaving = node.close(options);
  left = leaving.catch(() => {});
  await leaving;
}
