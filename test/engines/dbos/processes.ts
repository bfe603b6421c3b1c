import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withCrewline } from '../../built.ts';
import { temporaryFolder } from '../../temporary-folders.ts';

const { args, env: at } = withCrewline(fileURLToPath(new URL('../fixtures/shared-crew.mjs', import.meta.url)));

/** What is told of is a death, so the lease is short: where a busy machine lets another process wait for longer, once more tells. */
export const AGAIN = { retry: 2 } as const;

const started: ChildProcess[] = [];
const watched: Supervised[] = [];

/** Ends every process that was started here and still goes on. */
export function killAll(): void {
  for (const supervised of watched.splice(0)) supervised.stop();
  for (const child of started.splice(0)) if (child.exitCode === null) child.kill('SIGKILL');
}

/** What a process is to do; see `fixtures/shared-crew.mjs`. */
export interface Job {
  readonly url: string;
  readonly kind: string;
  /** How much memory it may take, in MB. */
  readonly heapMb?: number;
  readonly [option: string]: unknown;
}

/** A line that a process said. */
export interface Said {
  readonly [field: string]: unknown;
}

/** One process among those that share the work. */
export class CrewProcess {
  readonly child: ChildProcess;
  readonly said: Said[] = [];
  #stderr = '';
  readonly #waiting: (() => void)[] = [];
  /** With which code it ended, or by which signal. */
  readonly ended: Promise<number | string>;

  constructor(job: Job) {
    const env = { PATH: process.env['PATH'], ...at, CREWLINE_JOB: JSON.stringify(job) };
    const heap = job.heapMb === undefined ? [] : [`--max-old-space-size=${job.heapMb}`];
    this.child = spawn(process.execPath, [...heap, ...args], { env });
    let rest = '';
    this.child.stdout?.on('data', (data) => {
      const lines = `${rest}${data}`.split('\n');
      rest = lines.pop() ?? '';
      this.said.push(...lines.map((line): Said => JSON.parse(line)));
      this.#wake();
    });
    this.child.stderr?.on('data', (data) => {
      this.#stderr += String(data);
    });
    this.ended = new Promise((resolve) => {
      this.child.once('close', (code, signal) => {
        resolve(code ?? signal ?? '');
        this.#wake();
      });
    });
    started.push(this.child);
  }

  /** The first line that has this field, once it is said. @throws what the process complained of, when it ends before. */
  async says(field: string): Promise<Said> {
    for (;;) {
      const found = this.said.find((line) => field in line);
      if (found !== undefined) return found;
      if (this.child.exitCode !== null || this.child.signalCode !== null) {
        throw new Error(`It ended without "${field}": ${JSON.stringify(this.said)} ${this.#stderr}`);
      }
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  /** What it was told that concerns the whole process, so far. */
  get log(): readonly string[] {
    return this.said.flatMap(({ log }) => (typeof log === 'string' ? [log] : []));
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

/** Processes that work, once they are ready to. */
export async function workers(count: number, job: Job): Promise<readonly CrewProcess[]> {
  const all = Array.from({ length: count }, () => new CrewProcess(job));
  await Promise.all(all.map((worker) => worker.says('ready')));
  return all;
}

/** Workers that are started again when they end, as whoever operates them would. */
export class Supervised {
  /** With which code or by which signal each one ended that did. */
  readonly ends: (number | string)[] = [];
  readonly #working: CrewProcess[] = [];
  #over = false;

  constructor(count: number, job: Job) {
    for (let at = 0; at < count; at += 1) void this.#keep(at, job);
    watched.push(this);
  }

  /** One of those that work at present. */
  worker(at: number): CrewProcess | undefined {
    return this.#working[at];
  }

  stop(): void {
    this.#over = true;
    for (const worker of this.#working) worker.kill('SIGKILL');
  }

  async #keep(at: number, job: Job): Promise<void> {
    while (!this.#over) {
      const worker = new CrewProcess(job);
      this.#working[at] = worker;
      const end = await worker.ended;
      if (!this.#over) this.ends.push(end);
    }
  }
}

/** A file in which all processes note what they do, a line each. */
export class Notes {
  readonly file: string = join(temporaryFolder('crewline-notes-'), 'notes');

  get lines(): readonly string[] {
    return existsSync(this.file) ? readFileSync(this.file, 'utf8').trim().split('\n') : [];
  }

  /** Once somebody has noted that. */
  async until(isThere: (lines: readonly string[]) => boolean): Promise<void> {
    while (!isThere(this.lines)) await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
