import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { fakeClock } from '../../../src/testing/fake-clock.ts';
import { rowsOf } from '../../postgres/rows.ts';
import { sharedPostgres } from '../../postgres/shared.ts';
import { SHARED_KILLS, SHARED_SEED } from '../../sizes.ts';
import { CrewProcess, killAll, Notes, Supervised } from './processes.ts';

afterEach(killAll);

const postgres = await sharedPostgres();
const deadly = test.skipIf(postgres === undefined);
const ENGINE = { leaseMs: 2_500, pollMs: 50, concurrency: 4 };
const EACH_MS = 30_000;
/** More writes than a run of four tasks makes, from its admission to its end. */
const WRITES = 24;
/** Killed more often than this, a task that was under way each time would count as poison. */
const KILLS_A_RUN = 2;

/** Draws whole numbers from 0 on. */
function dice(): (sides: number) => number {
  const clock = fakeClock({ seed: SHARED_SEED });
  return (sides) => Math.floor(clock.random() * sides);
}

/** How all runs ended, once none is under way. */
async function ends(
  url: string,
): Promise<readonly { readonly id: string; readonly status: unknown; readonly output: unknown }[]> {
  for (;;) {
    const rows = await rowsOf(url, 'SELECT run_id, status, result FROM crewline.runs');
    if (rows.every(({ status }) => status !== 'running')) {
      return rows.map(({ run_id, status, result }) => ({
        id: String(run_id),
        status,
        output: JSON.parse(String(result)).output,
      }));
    }
    await sleep(50);
  }
}

/** Tasks whose outcome is recorded, as `<key> <run>`; one that is recorded twice is there twice. */
async function recorded(url: string): Promise<readonly string[]> {
  const rows = await rowsOf(url, "SELECT run_id, key FROM crewline.records WHERE kind = 'task'");
  return rows.map(({ run_id, key }) => `${key} ${run_id}`);
}

deadly(
  'a process killed before or after any write of its runs loses none: others go on with each, and do nothing twice that is recorded',
  async () => {
    const url = (await postgres?.freshDatabase()) ?? '';
    const notes = new Notes();
    const given = { url, kind: 'layered', width: 2, depth: 2, notes: notes.file, engine: ENGINE };
    const roll = dice();
    const moments = Array.from({ length: 2 * WRITES }, (_, at) => `${(at >> 1) + 1}${at % 2 === 0 ? '' : '+'}`);
    while (moments.length > SHARED_KILLS) moments.splice(roll(moments.length), 1);
    const begun: string[] = [];
    // Two at once: there may be no more processors.
    const next = async () => {
      for (let dieAt = moments.pop(); dieAt !== undefined; dieAt = moments.pop()) {
        const runId = `dies-at-${dieAt.replace('+', '-after')}`;
        begun.push(`run_${runId}`);
        const inputs = { tag: `run_${runId}` };
        await new CrewProcess({ ...given, submit: 'start', runId, inputs, dieAt }).ended;
      }
    };
    await Promise.all([next(), next()]);
    const before = await recorded(url);
    const done = notes.lines.length;
    // One that a busy machine lets wait for too long is started again.
    new Supervised(2, given);
    const all = await ends(url);
    // Of one that was killed before it had admitted its run there is none.
    const admitted = all.map(({ id }) => id);
    expect(begun).toEqual(expect.arrayContaining(admitted));
    expect(admitted.length).toBeGreaterThan(0);
    for (const { status, output } of all) expect([status, output]).toEqual(['done', 3]);
    const after = await recorded(url);
    expect(new Set(after).size).toBe(after.length);
    expect(after).toHaveLength(4 * admitted.length);
    const repeated = notes.lines.slice(done).map((line) => line.split(' ').slice(1).join(' '));
    expect(before.filter((task) => repeated.includes(task))).toEqual([]);
    expect(new Set(repeated).size).toBe(repeated.length);
  },
  EACH_MS * Math.max(4, SHARED_KILLS),
);

deadly(
  'whichever workers are killed, and whenever, a run comes to the same end, and no result is recorded twice',
  async () => {
    const url = (await postgres?.freshDatabase()) ?? '';
    const notes = new Notes();
    const engine = { ...ENGINE, concurrency: 2 };
    const given = { url, kind: 'layered', width: 3, depth: 6, ms: 80, notes: notes.file, engine };
    const roll = dice();
    const crew = new Supervised(3, given);
    for (let kills = 0; kills < SHARED_KILLS / 2; kills += KILLS_A_RUN) {
      const begun = notes.lines.length;
      const run = new CrewProcess({ ...given, submit: 'start', engine: { ...ENGINE, work: false } });
      for (let kill = 0; kill < KILLS_A_RUN; kill += 1) {
        // Somewhere in the middle, however slow the machine is.
        const at = notes.lines.length + 1 + roll(6);
        await notes.until((lines) => lines.length >= at);
        crew.worker(roll(3))?.kill('SIGKILL');
      }
      // A layer of three: each task is one more than the sum of two of the layer before.
      expect(await run.says('status')).toMatchObject({ status: 'done', output: 63, count: { done: 18 } });
      const names = notes.lines.slice(begun).map((line) => line.split(' ')[1]);
      expect(new Set(names).size).toBe(18);
      expect(names.length).toBeLessThanOrEqual(18 + KILLS_A_RUN * engine.concurrency);
    }
    const all = await recorded(url);
    expect(new Set(all).size).toBe(all.length);
    expect(crew.ends).toContain('SIGKILL');
  },
  EACH_MS * Math.max(4, SHARED_KILLS),
);
