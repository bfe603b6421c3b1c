import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';

// What a stranger gets: the packed tarball, installed in an empty folder. Needs `npm run build` before.
const MOST_PACKAGES = 18;
const MOST_MEGABYTES = 45;
const SLOW_NETWORK_MS = 180_000;

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'crewline-package-'));
const installed = join(folder, 'node_modules', 'crewline');

const run = promisify(execFile);
const npm = (cwd: string, ...args: readonly string[]) => run('npm', args, { cwd, shell: process.platform === 'win32' });
const node = (...args: readonly string[]) => run(process.execPath, args, { cwd: folder });

function filesIn(path: string): string[] {
  const entries = readdirSync(path, { recursive: true, withFileTypes: true, encoding: 'utf8' });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}
const namesIn = (path: string) => filesIn(path).map((file) => file.slice(path.length + 1).replaceAll('\\', '/'));

/** Packages as npm wrote them down after installing. */
function packages(): [path: string, facts: { hasInstallScript?: boolean }][] {
  return Object.entries(JSON.parse(readFileSync(join(folder, 'node_modules/.package-lock.json'), 'utf8')).packages);
}

beforeAll(async () => {
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
  await npm(root, 'pack', '--ignore-scripts', '--silent', '--pack-destination', folder);
  const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz'));
  await npm(folder, 'install', `./${tarball}`, '--no-audit', '--no-fund', '--prefer-offline');
}, SLOW_NETWORK_MS);

afterAll(() => rmSync(folder, { recursive: true }));

test('npm ci works on every platform: the lock file names all optional dependencies', () => {
  const lock: { [path: string]: { optionalDependencies?: object } } = JSON.parse(
    readFileSync(join(root, 'package-lock.json'), 'utf8'),
  ).packages;
  // npm leaves out those that it cannot fetch, and then refuses its own lock file.
  const wanted = Object.values(lock).flatMap(({ optionalDependencies = {} }) => Object.keys(optionalDependencies));
  expect(wanted.filter((name) => !Object.keys(lock).some((path) => path.endsWith(`node_modules/${name}`)))).toEqual([]);
});

test('the package holds what src/ builds, the prompts, and what tells about it, and nothing else', () => {
  const built = namesIn(join(root, 'src'))
    .filter((name) => name.endsWith('.ts'))
    .flatMap((name) => ['.js', '.d.ts'].map((ending) => `dist/${name.replace(/\.ts$/, ending)}`));
  const prompts = readdirSync(join(root, 'prompts')).map((name) => `prompts/${name}`);
  const about = ['CHANGELOG.md', 'LICENSE', 'README.md', 'package.json'];
  expect(namesIn(installed).sort()).toEqual([...built, ...prompts, ...about].sort());
});

test(`a user gets at most ${MOST_PACKAGES} packages, and none of them runs a script at install`, () => {
  expect(packages().length).toBeGreaterThan(1);
  expect(packages().length).toBeLessThanOrEqual(MOST_PACKAGES);
  expect(packages().filter(([, { hasInstallScript }]) => hasInstallScript)).toEqual([]);
});

test(`it all takes at most ${MOST_MEGABYTES} MB of disk`, () => {
  const block = 4096;
  const bytes = filesIn(join(folder, 'node_modules')).map((file) => Math.ceil(statSync(file).size / block) * block);
  expect(bytes.reduce((sum, size) => sum + size, 0) / 2 ** 20).toBeLessThanOrEqual(MOST_MEGABYTES);
});

test("import 'crewline' works in plain Node, and loads no third-party module", async () => {
  const logLoads = `export async function load(url, context, next) { process._rawDebug(url); return next(url, context) }`;
  const hooks = `import { register } from 'node:module'; register('data:text/javascript,${encodeURIComponent(logLoads)}')`;
  writeFileSync(
    join(folder, 'load.js'),
    `import { createRequire } from 'node:module';
     const { Crew } = await import('crewline');
     console.log(typeof Crew, ...Object.keys(createRequire(import.meta.url).cache));`,
  );
  const { stdout, stderr } = await node('--import', `data:text/javascript,${encodeURIComponent(hooks)}`, 'load.js');
  const thirdParty = `${stdout}\n${stderr}`.matchAll(/node_modules[\\/]([^\\/\s]+)/g);
  expect(stdout).toMatch(/^function/);
  expect(new Set([...thirdParty].map((match) => match[1]))).toEqual(new Set(['crewline']));
});

test('every entry point imports, and a crew runs, shipped prompts included', async () => {
  writeFileSync(
    join(folder, 'crew.js'),
    `import { Agent, Crew, Task, offline } from 'crewline';
     import * as tools from 'crewline/tools';
     import * as testing from 'crewline/testing';
     import { dbos } from 'crewline/dbos';
    import { sqlite } from 'crewline/sqlite';
     const writer = new Agent({ role: 'Writer', goal: 'Write', backstory: 'Writes.' });
     const one = new Task({ name: 'one', execute: () => 1 });
     const two = new Task({ name: 'two', context: [one], execute: ({ context }) => context.one + 1 });
     const text = new Task({ name: 'text', description: 'Write {{topic}}', expectedOutput: 'A line', agent: writer });
     const crew = new Crew({ name: 'c', agents: [writer], tasks: [one, two, text], model: offline() });
     const { tasks } = await crew.kickoff({ inputs: { topic: 'a line' } });
     console.log(tasks.two.output, tasks.text.status, Object.keys(tools).length > 0, Object.keys(testing).length > 0, typeof sqlite, typeof dbos);`,
  );
  expect((await node('crew.js')).stdout).toBe('2 done true true function function\n');
});

test('the command line runs where it is installed', async () => {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const { stdout } = await npm(folder, 'exec', '--offline', '--', 'crewline', '--version');
  expect(stdout).toContain(version);
});

test('its types compile in a strict project without @types/node that checks its dependencies too', async () => {
  writeFileSync(
    join(folder, 'crew.ts'),
    `import { Agent, Crew, Task } from 'crewline';
     import * as tools from 'crewline/tools';
     import * as testing from 'crewline/testing';
     import { dbos } from 'crewline/dbos';
    import { sqlite } from 'crewline/sqlite';
     const one = new Task({ name: 'one', execute: () => 1 });
     const crew = new Crew({ name: 'c', tasks: [one] });
     export const output: number = (await crew.kickoff()).tasks.one.output;
     export { Agent, dbos, sqlite, tools, testing };`,
  );
  const flags = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2023', '--types', ''];
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  const { stdout } = await node(compiler, ...flags, 'crew.ts').catch((failed) => failed);
  // Other people's declarations are theirs to mend.
  const errors = stdout
    .split('\n')
    .filter((line: string) => /error TS/.test(line) && !/^node_modules\/(?!crewline)/.test(line));
  expect(errors).toEqual([]);
});
