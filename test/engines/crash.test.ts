import { spawn } from 'node:child_process';
import { existsSync, readFileSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { withCrewline } from '../built.ts';
import { KILLS } from '../sizes.ts';
import { temporaryFolder } from '../temporary-folders.ts';

/** How many times processes are killed, at least, for each of the three processes of a crew. */
const KILLS_EACH = Math.ceil(KILLS / 3);
/** Two processes of Node begin for each, on a machine that has much else to do. */
const MS_PER_KILL = 2_000;
const RUN = 'run_durable';
/** A page of the log with its header, https://www.sqlite.org/fileformat2.html#the_write_ahead_log. */
const PAGE = 4_096 + 24;
/** Before a commit, after it, in the middle of it. */
const MOMENTS = ['', '+', '~'] as const;
/**
 * At which commit after it was gone on with it is killed, of so many. A task asks, is answered, and has a step on record only with the
 * third of its own: killed earlier each time, it would rightly be given up.
 */
const STRIDES = 4;
const { args, env: at } = withCrewline(fileURLToPath(new URL('fixtures/durable-crew.mjs', import.meta.url)));
/** Tasks that may have a call under way at once. */
const SIDE_BY_SIDE = { sequential: 1, parallel: 2, hierarchical: 2 } as const;

type Process = keyof typeof SIDE_BY_SIDE;

/** A run in a folder of its own, worked by one process after the other. */
class DurableRun {
  readonly #process: Process;
  readonly #folder = temporaryFolder('crewline-crash-');
  #begun = false;

  constructor(process: Process) {
    this.#process = process;
  }

  /**
   * Works it until it ends, or is killed before (`3`) or after (`3+`) one of its commits, or while that is written (`3~`).
   * Undefined when it was killed.
   */
  async work(killAt = ''): Promise<string | undefined> {
    const env = { ...at, STORE: join(this.#folder, 'runs.db'), CALLS: join(this.#folder, 'calls'), KILL_AT: killAt };
    const mode = this.#begun ? 'resume' : 'start';
    const child = spawn(process.execPath, [...args, mode, this.#process, RUN], { env });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (data) => {
      stdout += String(data);
    });
    child.stderr.on('data', (data) => {
      stderr += String(data);
    });
    const [code, signal] = await new Promise<[number | null, string | null]>((resolve) =>
      child.on('close', (...ended) => resolve(ended)),
    );
    if (signal === 'SIGKILL') {
      if (killAt.endsWith('~')) this.#tear();
      // Killed before its admission was written, there is nothing to go on with.
      this.#begun ||= killAt !== '1' && killAt !== '1~';
      return undefined;
    }
    expect(stderr).toBe('');
    expect(code).toBe(0);
    return stdout;
  }

  /** Leaves the last commit half written: SQLite's own log ends somewhere in its last page. */
  #tear(): void {
    const log = join(this.#folder, 'runs.db-wal');
    const { size } = statSync(log);
    truncateSync(log, size - 1 - ((size * 31 + this.calls.length * 17) % PAGE));
  }

  /** What models and tools were asked, a line each. */
  get calls(): readonly string[] {
    const file = join(this.#folder, 'calls');
    return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
  }
}

async function undisturbed(process: Process): Promise<{ readonly told: string; readonly calls: readonly string[] }> {
  const run = new DurableRun(process);
  const told = (await run.work()) ?? '';
  expect(JSON.parse(told)).toMatchObject({ status: 'done' });
  return { told, calls: run.calls };
}

test.concurrent.each(['sequential', 'parallel', 'hierarchical'] as const)(
  'a %s crew that is killed at every commit, before it, after it and in the middle, comes to the same end, and repeats no call but those in flight',
  async (kind) => {
    const expected = await undisturbed(kind);
    let kills = 0;
    for (let round = 0; kills < KILLS_EACH; round += 1) {
      const run = new DurableRun(kind);
      let told: string | undefined;
      let killed = 0;
      // Each stretch gets a little further; how far differs from round to round.
      for (let stretch = 0; told === undefined; stretch += 1) {
        const turn = round + stretch;
        const nth = stretch === 0 ? 1 + (round % 12) : 2 + (turn % STRIDES);
        // Each commit at each moment: one that is always lost would never let anything get further.
        told = await run.work(`${nth}${MOMENTS[Math.floor(turn / STRIDES) % MOMENTS.length]}`);
        if (told === undefined) killed += 1;
      }
      kills += killed;
      expect(told).toBe(expected.told);
      const asked = new Set(run.calls);
      expect([...asked].sort()).toEqual([...new Set(expected.calls)].sort());
      expect(run.calls.length).toBeLessThanOrEqual(expected.calls.length + killed * SIDE_BY_SIDE[kind]);
      // A run that is done is asked for nothing any more.
      const before = run.calls.length;
      expect(await run.work()).toBe(expected.told);
      expect(run.calls.length).toBe(before);
    }
  },
  60_000 + KILLS * MS_PER_KILL,
);
