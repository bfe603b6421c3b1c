import { connect, createServer, type Socket } from 'node:net';
import { afterAll, afterEach, expect, test } from 'vitest';
import { PostgresServer } from '../../postgres/server.ts';
import { sharedPostgres } from '../../postgres/shared.ts';
import { AGAIN, CrewProcess, killAll, Notes, workers } from './processes.ts';

const isThere = (await sharedPostgres()) !== undefined;
const ENGINE = { leaseMs: 1_500, pollMs: 50, concurrency: 4 };
const outage = test.skipIf(!isThere);
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

// A server of its own, for it is stopped.
const server = isThere ? await PostgresServer.start() : undefined;
afterEach(killAll);
afterAll(() => server?.remove());

/** A way to Postgres that can be cut: what is sent then arrives nowhere, and nobody is told. Where only answers get lost, Postgres still does what it is asked. */
async function cuttableWay(port: number, lost: 'all' | 'answers') {
  const open = new Set<Socket>();
  let isCut = false;
  const way = createServer((from) => {
    const to = connect(port, '127.0.0.1');
    for (const [one, other] of [
      [from, to],
      [to, from],
    ] as const) {
      open.add(one);
      const arrives = lost === 'answers' && one === from;
      one.on('data', (data) => (isCut && !arrives) || other.write(data));
      one.on('error', () => other.destroy());
      one.on('close', () => isCut || other.destroy());
    }
  });
  await new Promise<void>((resolve) => way.listen(0, '127.0.0.1', resolve));
  const address = way.address();
  return {
    url: (database: string) => server?.url(database).replace(`${port}`, String(Object(address).port)) ?? '',
    cut() {
      isCut = true;
    },
    close() {
      way.close();
      for (const socket of open) socket.destroy();
    },
  };
}

outage(
  'while Postgres is away, shortly or for longer than the lease, everybody waits for it and says so, and nobody dies',
  AGAIN,
  async () => {
    const notes = new Notes();
    const url = server?.url('postgres') ?? '';
    const given = { url, crew: 'away', kind: 'stepping', steps: 6, ms: 150, notes: notes.file, engine: ENGINE };
    const both = await workers(2, given);
    const run = new CrewProcess({ ...given, submit: 'start', engine: { ...ENGINE, work: false } });
    await notes.until((lines) => lines.length >= 2);
    await server?.stop('immediate');
    await server?.restart();
    await notes.until((lines) => lines.length >= 4);
    await server?.stop('immediate');
    await sleep(2_500);
    await server?.restart();
    expect(await run.says('status')).toMatchObject({ status: 'done', output: 15 });
    for (const { child, said } of both) {
      expect(child.exitCode).toBe(null);
      expect(said.some((line) => 'lost' in line)).toBe(false);
    }
    for (const { log } of [run, ...both]) {
      const place = `127.0.0.1:${server?.port}`;
      const away = new RegExp(
        `^Postgres (cannot be reached|does not answer yet) at ${place} .* What is under way waits`,
        'm',
      );
      expect(log.join('\n')).toMatch(away);
      expect(log.filter((line) => line.startsWith('Postgres')).at(-1)).toMatch(
        /^Postgres answers again, after [2-9](\.\d)? s\.$/,
      );
    }
    expect(notes.lines.map((line) => line.split(' ').at(-1))).toEqual(['0', '1', '2', '3', '4', '5']);
  },
);

outage.each(['all', 'answers'] as const)(
  'a worker whose way to Postgres is cut without a word (lost: %s) ends itself, and another goes on with its work',
  AGAIN,
  async (lost) => {
    const notes = new Notes();
    const url = server?.url('postgres') ?? '';
    const way = await cuttableWay(server?.port ?? 0, lost);
    const given = { url, crew: `cut ${lost}`, kind: 'stepping', steps: 12, ms: 200, notes: notes.file, engine: ENGINE };
    const [victim] = await workers(1, { ...given, url: way.url('postgres') });
    const run = new CrewProcess({ ...given, submit: 'start', engine: { ...ENGINE, work: false } });
    await notes.until((lines) => lines.length >= 2);
    const [other] = await workers(1, given);
    way.cut();
    expect(await victim?.ended).toBe(9);
    expect(await run.says('status')).toMatchObject({ status: 'done', output: 66 });
    const last = notes.lines.filter((line) => line.endsWith('step 11'));
    expect(last).toEqual([`${other?.child.pid} step 11`]);
    way.close();
  },
);
