import { CrewError } from '../../errors.ts';
import { Node } from './node.ts';
import type { DbosOptions } from './options.ts';

/** What a process has once, whichever of its engines names it. */
const DEFAULTS = Object.freeze({ leaseMs: 15_000, pollMs: 200, concurrency: 16 });
type Measures = typeof DEFAULTS;

interface Shared {
  readonly url: string;
  readonly measures: Measures;
  readonly node: Promise<Node>;
  users: number;
}

/** DBOS is one in each process, and so is what is built on it. */
let shared: Shared | undefined;
/** Resolves once the one before it has left. */
let left: Promise<unknown> = Promise.resolve();

/** This process' place in that Postgres, for one more engine. @throws {CrewError} `ENGINE_IN_USE`. */
export async function sharedNode({ url, leaseMs, pollMs, concurrency }: DbosOptions): Promise<Node> {
  if (shared !== undefined && shared.url !== url) {
    throw new CrewError(
      'ENGINE_IN_USE',
      'This process shares the work in another Postgres already, and can be in one only. Use one address, or stop the other engine first: await engine.stop().',
    );
  }
  const asked = Object.entries({ leaseMs, pollMs, concurrency }).filter(([, value]) => value !== undefined);
  if (shared !== undefined) refuseOther(shared.measures, asked);
  const measures: Measures = { ...DEFAULTS, ...Object.fromEntries(asked) };
  shared ??= { url, measures, node: left.then(() => Node.open({ url, ...measures })), users: 0 };
  const mine = shared;
  mine.users += 1;
  try {
    return await mine.node;
  } catch (thrown) {
    if (shared === mine) shared = undefined;
    throw thrown;
  }
}

/** @throws {CrewError} `ENGINE_IN_USE` where another engine of this process has said otherwise. */
function refuseOther(measures: Measures, asked: readonly (readonly [string, unknown])[]): void {
  const known: ReadonlyMap<string, number> = new Map(Object.entries(measures));
  for (const [name, value] of asked) {
    if (known.get(name) === value) continue;
    const message = `An engine of this process shares the work in this Postgres with ${name}: ${known.get(name)}, and another names ${value}: it is one for the process. Name it once, or name the same.`;
    throw new CrewError('ENGINE_IN_USE', message);
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
