import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, expect, test } from 'vitest';
import { PostgresServer } from '../../postgres/server.ts';
import { sharedPostgres } from '../../postgres/shared.ts';
import { LONG } from '../../sizes.ts';
import { CrewProcess, killAll, Notes, workers } from './processes.ts';

// What takes minutes, or measures time, as everything is by default: `CREWLINE_DBOS=long`, on a machine that does nothing else.
const isThere = LONG && (await sharedPostgres()) !== undefined;
const long = test.skipIf(!isThere);
const server = isThere ? await PostgresServer.start() : undefined;
afterEach(killAll);
afterAll(() => server?.remove());

const PATIENCE_MS = 300_000;
const LEASE_MS = 15_000;
/** How often processes look after each other by default. */
const LOOK_MS = 2_000;
const url = server?.url('postgres') ?? '';

function starter(given: { readonly url: string; readonly kind: string }): CrewProcess {
  return new CrewProcess({ ...given, submit: 'start', engine: { work: false } });
}

function tell(what: string, figure: number, unit: string): void {
  process.stdout.write(`${what}: ${figure.toFixed(figure < 100 ? 1 : 0)} ${unit}\n`);
}

long(
  'three processes work 40 tasks a second and more',
  async () => {
    const given = { url, crew: 'wide', kind: 'wide', width: 1_000 };
    await workers(3, given);
    const rates = [];
    for (let round = 0; round < 3; round += 1) {
      const { ms, count } = await starter(given).says('status');
      expect(count).toEqual({ done: 1_000 });
      rates.push(1_000_000 / Number(ms));
    }
    tell('1,000 tasks side by side over 3 processes, best of 3', Math.max(...rates), 'tasks/s');
    expect(Math.max(...rates)).toBeGreaterThanOrEqual(40);
  },
  PATIENCE_MS,
);

long(
  'a task whose worker was killed is at work again within the lease and two looks',
  async () => {
    const notes = new Notes();
    const given = { url, crew: 'killed', kind: 'stepping', steps: 4, ms: 200, notes: notes.file };
    const both = await workers(2, given);
    const run = starter(given);
    await notes.until((lines) => lines.length >= 2);
    const victim = both.find(({ child }) => notes.lines[1]?.startsWith(`${child.pid} `));
    const killedAt = performance.now();
    victim?.kill('SIGKILL');
    await notes.until((lines) => lines.some((line) => !line.startsWith(`${victim?.child.pid} `)));
    const ms = performance.now() - killedAt;
    tell('taken over after kill -9', ms / 1_000, 's');
    expect(await run.says('status')).toMatchObject({ status: 'done', output: 6 });
    expect(ms).toBeLessThanOrEqual(LEASE_MS + 2 * LOOK_MS);
  },
  PATIENCE_MS,
);

long(
  'while Postgres is away for longer than the lease nobody dies',
  async () => {
    const notes = new Notes();
    const given = { url, crew: 'away', kind: 'stepping', steps: 4, ms: 200, notes: notes.file };
    const both = await workers(2, given);
    const run = starter(given);
    await notes.until((lines) => lines.length >= 2);
    await server?.stop('immediate');
    await sleep(LEASE_MS + 3 * LOOK_MS);
    await server?.restart();
    const begun = performance.now();
    expect(await run.says('status')).toMatchObject({ status: 'done', output: 6 });
    tell('done after an outage of 21 s', performance.now() - begun, 'ms');
    for (const { child, said, log } of both) {
      expect([child.exitCode, said.some((line) => 'lost' in line)]).toEqual([null, false]);
      expect(log[0]).toMatch(/What is under way waits until it answers\.$/);
    }
  },
  PATIENCE_MS,
);
