import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
export const repository = fileURLToPath(new URL('../../..', import.meta.url));

function npm(args, cwd) {
  const { status, stdout, stderr } = spawnSync('npm', args, { cwd, encoding: 'utf8', timeout: 300_000 });
  if (status !== 0) throw new Error(`npm ${args.join(' ')} ended with ${status}: ${stderr}`);
  return stdout;
}

/** Crewline as it is in dist, as a package to install. */
export const packed = (folder) =>
  join(folder, npm(['pack', '--ignore-scripts', '--silent', '--pack-destination', folder], repository).trim());

/** Installs packages into a folder of their own, beside the scripts; install scripts are counted, not run. */
export function install(folder, packages) {
  mkdirSync(folder);
  writeFileSync(join(folder, 'package.json'), '{"private":true,"type":"module"}\n');
  npm(['install', '--no-audit', '--no-fund', '--ignore-scripts', ...packages], folder);
  for (const name of ['contender.mjs', 'words.mjs', 'contenders']) {
    cpSync(join(here, name), join(folder, name), { recursive: true });
  }
  const lock = JSON.parse(readFileSync(join(folder, 'node_modules/.package-lock.json'), 'utf8'));
  const installed = Object.values(lock.packages);
  const files = readdirSync(join(folder, 'node_modules'), { recursive: true, withFileTypes: true });
  const bytes = files
    .filter((file) => file.isFile())
    .reduce((sum, file) => sum + statSync(join(file.parentPath, file.name)).size, 0);
  return {
    packages: installed.length,
    mb: bytes / 1e6,
    scripts: installed.filter((one) => one.hasInstallScript).length,
  };
}
