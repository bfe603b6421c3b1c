import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { cli, folderWith } from './cli.ts';

const IMPORT = `import { Crew, Task } from 'crewline';\n`;
const task = (name: string) => `new Task({ name: '${name}', execute: () => 'hello from ${name}' })`;
const crew = (name: string) => `new Crew({ name: '${name}', tasks: [${task(name)}] })`;

/** A crew file of this text, run; `crewline` is found although the folder has no node_modules. */
async function runFile(text: string, name = 'crew.ts') {
  const cwd = folderWith({ [name]: text });
  return { cwd, ...(await cli(['run', `./${name}`], { cwd })) };
}

test.concurrent('a crew is found by name in crews/, by path, and as the index of a folder', async () => {
  const cwd = folderWith({ 'one.ts': `${IMPORT}export default ${crew('one')};` });
  mkdirSync(join(cwd, 'crews/two'), { recursive: true });
  writeFileSync(join(cwd, 'crews/two/index.ts'), `${IMPORT}export default ${crew('two')};`);
  writeFileSync(join(cwd, 'crews/three.mjs'), `${IMPORT}export const three = ${crew('three')};`);
  const ended = await Promise.all(
    ['one.ts', './one', 'two', 'crews/two', 'three'].map((name) => cli(['run', name], { cwd })),
  );
  expect(ended.map((end) => end.stdout)).toEqual(
    ['one', 'one', 'two', 'two', 'three'].map((name) => `hello from ${name}\n`),
  );
});

test.concurrent('a wrong name is answered with the nearest one', async () => {
  const cwd = folderWith({});
  mkdirSync(join(cwd, 'crews'));
  writeFileSync(join(cwd, 'crews/newsroom.ts'), `${IMPORT}export default ${crew('newsroom')};`);
  const { code, stderr } = await cli(['run', 'newsrom'], { cwd });
  expect(stderr).toBe('✗ There is no crew "newsrom" in crews/. Did you mean "newsroom"?\n  CREW_FILE\n');
  expect(code).toBe(2);
});

test.concurrent('a crew may be TypeScript that only a compiler knows, in several files', async () => {
  const cwd = folderWith({
    'crew.ts': `${IMPORT}import { Size } from './size';\nexport default new Crew({ name: 'c', tasks: [new Task({ name: 't', execute: (): string => Size[Size.Small] ?? '' })] });`,
    'size.ts': 'export enum Size { Small, Large }',
  });
  expect(await cli(['run', './crew.ts'], { cwd })).toMatchObject({ code: 0, stdout: 'Small\n' });
});

test.concurrent('a crew sees the very crewline that runs it', async () => {
  const text = `${IMPORT}import * as again from 'crewline';\nexport default new Crew({ name: 'c', tasks: [new Task({ name: 't', execute: () => again.Crew === Crew })] });`;
  expect((await runFile(text)).stdout).toBe('true\n');
});

test.concurrent('a file without a crew says what it exports', async () => {
  const { cwd, code, stderr } = await runFile('export const a = 1; export const b = 2;');
  expect(stderr).toContain(`${cwd}/crew.ts exports no crew, only a, b: write "export default new Crew({ … })".`);
  expect(code).toBe(2);
});

test.concurrent('a file with several crews and no default says which', async () => {
  const { code, stderr } = await runFile(`${IMPORT}export const a = ${crew('a')};\nexport const b = ${crew('b')};`);
  expect(stderr).toContain('exports 2 crews (a, b): make one the default export.');
  expect(code).toBe(2);
});

test.concurrent('one crew under two names is one crew', async () => {
  expect((await runFile(`${IMPORT}export const a = ${crew('a')};\nexport { a as b };`)).stdout).toBe('hello from a\n');
});

test.concurrent('a file that does not parse, one that throws and one that imports what is not there are named', async () => {
  const [syntax, throws, missing] = await Promise.all([
    runFile('const a = 1;\n\tconst x: = 3;'),
    runFile(`throw new Error('no database');`),
    runFile(`import 'left-pad-of-the-future';`),
  ]);
  expect(syntax.stderr).toMatch(
    /crew\.ts does not load:\n {2}.*crew\.ts:2:11: Unexpected token\n {2}2 \| \tconst x: = 3;\n {4}\| \t {9}\^\n/,
  );
  expect(throws.stderr).toContain('crew.ts does not load: no database');
  expect(missing.stderr).toContain(`crew.ts does not load: Cannot find module 'left-pad-of-the-future'`);
  for (const { code, stderr } of [syntax, throws, missing]) {
    expect(stderr).toContain('CREW_FILE');
    expect(code).toBe(2);
  }
});

test.concurrent('mistakes in a crew are all listed, and are wrong usage', async () => {
  const { code, stderr } = await runFile(
    `${IMPORT}const a = new Task({ name: 'a', dependsOn: ['b'], execute: () => 1 });\nconst b = new Task({ name: 'b', dependsOn: ['a'], execute: () => 1 });\nexport default new Crew({ name: 'c', process: 'parallel', tasks: [a, b, new Task({ name: 'x', dependsOn: ['aa'], execute: () => 1 })] });`,
  );
  expect(stderr).toContain('a → b → a');
  expect(stderr).toContain('"aa"');
  expect(code).toBe(2);
});

test.concurrent('a promise that a crew forgot is reported, and takes nothing with it', async () => {
  const { code, stdout, stderr } = await runFile(
    `${IMPORT}const execute = async () => { void Promise.reject(new Error('\\u001b[2Jforgotten')); await new Promise(setImmediate); return 'fine'; };\nexport default new Crew({ name: 'c', tasks: [new Task({ name: 't', execute })] });`,
  );
  expect(stderr).toContain('A promise was rejected and nobody handled it: Error: forgotten\n');
  expect(stdout).toBe('fine\n');
  expect(code).toBe(0);
});
