import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** How a text is edited. */
export interface EditOptions {
  readonly editor: string;
  readonly kind: 'txt' | 'json';
  /** Ends the editor: nobody waits for the text any more. */
  readonly signal: AbortSignal;
}

/** An editor that is told to end has so long to put its terminal in order. */
const GRACE_MS = 2_000;

/**
 * Lets somebody edit a text with their editor, on the terminal that this process has: what they left; undefined when the
 * editor could not be started, said that it failed, or was ended by the signal. The text lies in a file that only they can
 * read, and is gone afterwards; the terminal is as it was.
 */
export async function editText(text: string, { editor, kind, signal }: EditOptions): Promise<string | undefined> {
  if (signal.aborted) return undefined;
  const folder = mkdtempSync(join(tmpdir(), 'crewline-'));
  const file = join(folder, `output.${kind}`);
  try {
    writeFileSync(file, text, { mode: 0o600 });
    const restore = keepTerminal();
    // As git does it: an editor may have options of its own.
    const child = spawn(`${editor} "${file}"`, { stdio: 'inherit', shell: true });
    const code = await endOf(child, signal);
    if (signal.aborted) restore();
    if (code !== 0 || signal.aborted) return undefined;
    const after = readFileSync(file, 'utf8');
    // Editors end the last line.
    return text.endsWith('\n') || !after.endsWith('\n') ? after : after.slice(0, -1);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Resolves with the exit code once the process is gone, and all that it has started when the signal ended it. */
async function endOf(child: ChildProcess, signal: AbortSignal): Promise<unknown> {
  let timer: NodeJS.Timeout | undefined;
  const stop = () => {
    const started = treeOf(child);
    kill(started, 'SIGTERM');
    timer = setTimeout(() => kill(started, 'SIGKILL'), GRACE_MS);
  };
  signal.addEventListener('abort', stop);
  try {
    return await new Promise((resolve) => {
      child.once('error', () => resolve(undefined));
      child.once('exit', resolve);
    });
  } finally {
    signal.removeEventListener('abort', stop);
    clearTimeout(timer);
  }
}

/** The last ones first: a shell stands between this process and the editor, and tells it nothing. */
function treeOf({ pid }: ChildProcess): readonly number[] {
  if (pid === undefined) return [];
  const { stdout } = spawnSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' });
  const pairs = (stdout ?? '').split('\n').map((line) => line.trim().split(/\s+/).map(Number));
  const tree = [pid];
  for (const parent of tree) {
    for (const [child, of] of pairs) if (of === parent && child !== undefined) tree.push(child);
  }
  return tree.reverse();
}

function kill(processes: readonly number[], signal: 'SIGTERM' | 'SIGKILL'): void {
  for (const pid of processes) {
    try {
      process.kill(pid, signal);
    } catch {
      // It is gone already.
    }
  }
}

/** What puts the terminal into the mode that it has now. An editor that was killed leaves its own. */
function keepTerminal(): () => void {
  if (process.stdin.isTTY !== true) return () => undefined;
  const stty = (word: string) => spawnSync('stty', [word], { stdio: ['inherit', 'pipe', 'ignore'], encoding: 'utf8' });
  const mode = stty('-g').stdout?.trim();
  return () => {
    if (mode !== undefined && mode !== '') stty(mode);
  };
}
