import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export const JITI = fileURLToPath(new URL('../../../node_modules/jiti/lib/jiti-cli.mjs', import.meta.url));
const APPEND = fileURLToPath(new URL('fixtures/append.ts', import.meta.url));

/** A process that works a run. */
export interface Worker {
  readonly process: ChildProcess;
  /** What it said so far: `begun`, then the number of each record that was committed. */
  readonly said: readonly string[];
  /** Resolves once it has said so many lines; rejects when it ends before. */
  saying(lines: number): Promise<void>;
  /** Kills it, and resolves when it is gone and all it said was read. */
  kill(): Promise<void>;
}

export function startWorker(words: readonly string[], options: SpawnOptions = {}): Worker {
  const child = spawn(process.execPath, [JITI, APPEND, ...words], { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  const said: string[] = [];
  let errors = '';
  child.stderr?.on('data', (text: Buffer) => {
    errors += text.toString();
  });
  const closed = once(child, 'close');
  const heard = new EventTarget();
  if (child.stdout !== null) {
    createInterface({ input: child.stdout }).on('line', (line) => {
      said.push(line);
      heard.dispatchEvent(new Event('line'));
    });
  }
  return {
    process: child,
    said,
    async saying(lines) {
      while (said.length < lines) {
        const ended = await Promise.race([once(heard, 'line').then(() => false), closed.then(() => true)]);
        if (ended && said.length < lines) throw new Error(`The worker ended early: ${errors}`);
      }
    },
    async kill() {
      child.kill('SIGKILL');
      await closed;
    },
  };
}
