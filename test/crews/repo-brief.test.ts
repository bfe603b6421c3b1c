import { fileURLToPath } from 'node:url';
import { beforeAll, expect, test } from 'vitest';
import { cli } from '../cli/cli.ts';
import { type CrewRun, folderOf, repeated, runCrew, section } from './run-crew.ts';

const TIDES = {
  'package.json': JSON.stringify({
    name: 'tide-tables',
    version: '1.4.0',
    description: 'High and low water for any harbour.',
    license: 'MIT',
    type: 'module',
    exports: './src/index.ts',
    scripts: { build: 'tsc -p .', test: 'vitest run --coverage' },
    engines: { node: '>=20' },
    dependencies: { 'moon-phase': '^1.3.0', almanac: '~5.1.0' },
    devDependencies: { typescript: '^5.9.0', vitest: '^4.0.0', '@types/node': '*' },
  }),
  'package-lock.json': '{ "lockfileVersion": 3 }\n',
  LICENSE: 'MIT License\n',
  'README.md': '# Tide tables\n\nTide tables predicts when the sea is high at 4,000 harbours.\n',
  'src/index.ts': `export { predict } from './predict.ts';\nexport { harbours } from './harbours.ts';\n`,
  'src/predict.ts': `import { phase } from 'moon-phase';
import { harbours } from './harbours.ts';

/** Predicts the next high water from the phase of the moon. */
export function predict(harbour: string): number {
  // TODO: take the wind into account when it is strong
  return phase(harbours.indexOf(harbour));
}
`,
  'src/harbours.ts': `/** Every harbour that has a gauge. */\nexport const harbours: readonly string[] = ['Husum', 'Brest'];\n`,
  'test/predict.test.ts': `import { expect, test } from 'vitest';
test('the sea is high twice a day', () => expect(2).toBe(2));
test('a harbour without a gauge is refused', () => expect(1).toBe(1));
`,
};
const FIVE = ['inventory', 'dependencies', 'architecture', 'tests', 'risks'];

let run: CrewRun;
let brief: string;
beforeAll(async () => {
  run = await runCrew('repo-brief', { folder: folderOf(TIDES) });
  brief = run.written('out/repo-brief.md');
});

test('it needs no key and no network, ends well, and writes the brief to a file', () => {
  expect(run.stderr).toBe('');
  expect(run.code).toBe(0);
  expect(brief).toMatch(/^# .*tide-tables/);
});

test('five tasks run side by side, and the brief waits for all of them', () => {
  const told = run.events.flatMap((event) =>
    event.type === 'task.start' || event.type === 'task.end' ? [`${event.type} ${event.taskName}`] : [],
  );
  expect(told.slice(0, 5)).toEqual(FIVE.map((name) => `task.start ${name}`));
  expect(told.slice(5, 10).sort()).toEqual(FIVE.map((name) => `task.end ${name}`).sort());
  expect(told.slice(10)).toEqual(['task.start brief', 'task.end brief']);
});

test('the brief says what wrote it, once, and has a section for each subject', () => {
  expect(brief.match(/not a language model/g)).toHaveLength(1);
  const headings = brief.split('\n').filter((line) => line.startsWith('## '));
  expect(headings).toEqual(
    expect.arrayContaining(['## Inventory', '## Dependencies', '## Architecture', '## Tests', '## Risks']),
  );
});

test('the brief says nothing twice, and no raw data or code as prose', () => {
  expect(repeated(brief)).toEqual([]);
  expect(brief).not.toMatch(/undefined|\[object|null|[{}]|=>|import \{/);
});

test('the inventory counts the files, by kind and by folder', () => {
  expect(brief).toMatch(/\*\*Inventory\*\*: .*`tide-tables` 1\.4\.0.* 8 files/);
  expect(section(brief, 'Inventory')).toMatch(/TypeScript \(4\), JSON \(2\)/);
  expect(section(brief, 'Inventory')).toMatch(/`src\/` \(3 files\) and `test\/` \(1 file\)/);
  expect(brief).toContain('Tide tables predicts when the sea is high at 4,000 harbours.');
});

test('the dependencies are those of the manifest, with versions, engine, lockfile and where they are used', () => {
  expect(brief).toMatch(/`tide-tables` needs 2 packages at run time, and names 3 for development/);
  const text = section(brief, 'Dependencies');
  expect(text).toContain('`moon-phase ^1.3.0` and `almanac ~5.1.0`');
  expect(text).toContain('`typescript ^5.9.0`, `vitest ^4.0.0` and `@types/node *`');
  expect(text).toMatch(/Node >=20 /);
  expect(text).toContain('`moon-phase` is imported in `src/predict.ts`');
  expect(text).not.toContain('`almanac` is imported');
  expect(text).toContain('`package-lock.json`');
});

test('the architecture names the way in, and what files say of themselves', () => {
  expect(brief).toMatch(/\*\*Architecture\*\*: The code is TypeScript: 3 source files/);
  const text = section(brief, 'Architecture');
  expect(text).toContain('`src/index.ts`');
  expect(text).toMatch(/`src\/predict\.ts` exports `predict`.*Predicts the next high water from the phase of the moon/);
});

test('the tests are counted and named, with the runner and the command, and what has none', () => {
  expect(brief).toContain('There is 1 test file beside 3 source files.');
  const text = section(brief, 'Tests');
  expect(text).toContain('The test runner is `vitest`');
  expect(text).toContain('`npm test` runs `vitest run --coverage`');
  expect(text).toMatch(/`test\/predict\.test\.ts` has 2 tests, .*“the sea is high twice a day”/);
});

test('the risks are real: what is missing, what is marked, what has no firm version', () => {
  expect(brief).toMatch(
    /\*\*Risks\*\*: .*a changelog and a set-up of automatic checks are missing; a README, a licence file, tests and a lockfile are there/,
  );
  expect(brief).toMatch(/`src\/predict\.ts:6` is marked TODO: “take the wind into account when it is strong”/);
  expect(brief).toMatch(/firm version.*`@types\/node \*`/);
  expect(section(brief, 'Risks')).not.toMatch(/eval|child_process/);
});

test('a folder of documents alone is told as what it is', async () => {
  const files = {
    'guide.md': '# Guide\n\nThe ferry leaves at nine.\n',
    'notes/prices.md': '# Prices\n\nA ticket costs 12 euros.\n',
  };
  const { code, written } = await runCrew('repo-brief', { folder: folderOf(files) });
  const text = written('out/repo-brief.md');
  expect(text).toMatch(/2 files/);
  expect(text).toMatch(/No manifest/);
  expect(text).toMatch(/No test files were found/);
  expect(text).not.toMatch(/What the tools returned|The task is/);
  expect(repeated(text)).toEqual([]);
  expect(code).toBe(0);
});

test('an empty folder is told as empty', async () => {
  const { code, written } = await runCrew('repo-brief', { folder: folderOf({}) });
  const text = written('out/repo-brief.md');
  expect(text).toMatch(/holds no files/);
  expect(text).not.toMatch(/What the tools returned|The task is/);
  expect(code).toBe(0);
});

test('a folder that is missing, or is a file, is refused before any model is called', async () => {
  const missing = await runCrew('repo-brief', { folder: 'no-such-place' });
  expect(missing.stderr).toMatch(/The inputs do not fit crew "repo-brief": folder: there is no folder "no-such-place"/);
  expect(missing.events.filter((event) => event.type === 'model.start')).toEqual([]);
  expect(missing.code).toBe(2);
  const file = await runCrew('repo-brief', { folder: `${folderOf(TIDES)}/LICENSE` });
  expect(file.stderr).toMatch(/there is no folder/);
  expect(file.code).toBe(2);
});

test('it is found by its name, and its plan shows five tasks and then one', async () => {
  const { stdout, code } = await cli(['plan', 'repo-brief', '--json'], {
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
  });
  expect(JSON.parse(stdout)).toMatchObject({ layers: [FIVE, ['brief']] });
  expect(code).toBe(0);
});
