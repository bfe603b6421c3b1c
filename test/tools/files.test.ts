import { spawnSync } from 'node:child_process';
import { chmod, mkdir, readFile as read, readdir, stat, symlink, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { CrewError, DefinitionError } from '../../src/errors.ts';
import { listFiles, readFile, searchFiles, writeFile } from '../../src/tools/index.ts';
import { folderWith, scope, use } from './workspaces.ts';

test('list_files shows every file with its size, sorted by path, and says what it left out', async () => {
  const folder = await folderWith({
    'z.md': 'x'.repeat(2048),
    'a/b.ts': 'one',
    'a/B.ts': 'two',
    'node_modules/x/index.js': '1',
    '.git/config': '1',
    '.crewline/runs.db': '1',
    'ä.txt': 'u',
  });
  await symlink('z.md', join(folder, 'link.md'));
  expect(await use(listFiles({ folder }), {})).toBe(
    [
      'a/B.ts  3 bytes',
      'a/b.ts  3 bytes',
      'z.md  2.0 KB',
      'ä.txt  1 byte',
      '[4 files, 2.0 KB in all.]',
      '[Not entered by rule: .crewline/, .git/, node_modules/. Name one as folder to see it.]',
      '[1 link not followed.]',
    ].join('\n'),
  );
});

test('list_files lists one folder, some levels or some files when asked', async () => {
  const folder = await folderWith({
    'src/a.ts': '1',
    'src/a.test.ts': '1',
    'src/in/b.ts': '1',
    'src/in/c.md': '1',
    'node_modules/x/i.js': '1',
  });
  const list = listFiles({ folder });
  expect(await use(list, { folder: 'src', depth: 1 })).toBe(
    'src/a.test.ts  1 byte\nsrc/a.ts  1 byte\n[2 files, 2 bytes in all.]\n[Not entered, too deep: src/in/.]',
  );
  expect(await use(list, { match: '*.ts' })).toContain('[3 files, 3 bytes in all.]');
  expect(await use(list, { match: '.md' })).toContain('src/in/c.md');
  expect(await use(list, { match: 'src/**/b.{ts,js}' })).toContain('[1 file, 1 byte in all.]');
  expect(await use(list, { folder: 'node_modules' })).toContain('node_modules/x/i.js');
  expect(await use(list, { match: 'a'.repeat(300) })).toBe(
    'FILE_UNREADABLE: match: the pattern is longer than 200 characters. Use a simpler one, such as "*.ts".',
  );
});

test('list_files shows the files nearest to the start when there are more than it may show', async () => {
  const deep = Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`a/deep/f${index}.txt`, '1']));
  const folder = await folderWith({ ...deep, 'z.txt': '1', 'y/z.txt': '1' });
  const said = await use(listFiles({ folder, maxEntries: 4 }), {});
  expect(said).toContain('z.txt  1 byte');
  expect(said).toContain('y/z.txt  1 byte');
  expect(said).toContain(
    '[32 files, 32 bytes in all.]\n[Only the 4 nearest to the start are shown. Narrow with folder or match.]',
  );
});

test('a pattern never takes long, whatever it is', async () => {
  const folder = await folderWith({ [`${'a'.repeat(200)}.txt`]: '1' });
  const patterns = [
    '*a'.repeat(90),
    '**/'.repeat(60),
    '{a,b}'.repeat(6),
    '{{{{{{',
    '?*'.repeat(99),
    '[a-z]+',
    '**',
    '',
  ];
  for (const match of patterns) expect(await use(listFiles({ folder }), { match })).toContain('in all.]');
  expect(await use(listFiles({ folder }), { match: '{a,b}'.repeat(7) })).toContain('too many alternatives');
});

test('read_file returns the text as it is', async () => {
  const folder = await folderWith({ 'a.txt': 'Grüße\r\n🙂\n', 'bom.txt': '\ufeffx', 'empty.txt': '' });
  expect(await use(readFile({ folder }), { path: 'a.txt' })).toBe('Grüße\r\n🙂\n');
  expect(await use(readFile({ folder }), { path: 'bom.txt' })).toBe('x');
  expect(await use(readFile({ folder }), { path: 'empty.txt' })).toBe('["empty.txt" is empty.]');
});

test('read_file returns some lines, and says how to go on', async () => {
  const folder = await folderWith({ 'a.txt': 'one\ntwo\nthree\nfour' });
  const tool = readFile({ folder });
  expect(await use(tool, { path: 'a.txt', offset: 2, limit: 2 })).toBe(
    'two\nthree\n[Lines 2 to 3 of "a.txt", which has 18 bytes. Go on with offset 4.]',
  );
  expect(await use(tool, { path: 'a.txt', offset: 4 })).toBe('four');
  expect(await use(tool, { path: 'a.txt', offset: 9 })).toBe('["a.txt" has no line 9.]');
  expect(await use(tool, { path: 'a.txt', offset: 0 })).toMatch(/^refused: offset/);
});

test('read_file gives the head of a long file, whole lines where it can, whole characters where it must', async () => {
  const folder = await folderWith({ 'lines.txt': `${'x'.repeat(60)}\n`.repeat(10), 'one.txt': 'é'.repeat(100) });
  const tool = readFile({ folder, maxBytes: 101 });
  expect(await use(tool, { path: 'lines.txt' })).toBe(
    `${'x'.repeat(60)}\n[Lines 1 to 1 of "lines.txt", which has 610 bytes. Go on with offset 2.]`,
  );
  expect(await use(tool, { path: 'one.txt' })).toBe(
    `${'é'.repeat(50)}\n[Lines 1 to 1 of "one.txt", which has 200 bytes. The last line is cut; the next is offset 2.]`,
  );
});

test('reading a long file part by part gives every line once', async () => {
  const lines = Array.from({ length: 3000 }, (_, index) => `line ${index} ${'·'.repeat(index % 50)}`);
  const folder = await folderWith({ 'a.txt': lines.join('\n') });
  const tool = readFile({ folder, maxBytes: 9000 });
  const seen: string[] = [];
  for (let offset = 1; offset !== 0; ) {
    const said = await use(tool, { path: 'a.txt', offset });
    const next = /Go on with offset (\d+)\.\]$/.exec(said)?.[1];
    seen.push(...(next === undefined ? said : said.slice(0, said.lastIndexOf('\n['))).split('\n'));
    offset = Number(next ?? 0);
  }
  expect(seen).toEqual(lines);
});

test('read_file refuses what is no text, and what is far too large', async () => {
  const folder = await folderWith({ 'a.bin': Buffer.from([1, 0, 2]), 'huge.txt': 'x' });
  await truncate(join(folder, 'huge.txt'), 70 * 1024 ** 2);
  spawnSync('/usr/bin/mkfifo', [join(folder, 'pipe')]);
  expect(await use(readFile({ folder }), { path: 'a.bin' })).toBe(
    'FILE_UNREADABLE: "a.bin" is not a text file. Read another one.',
  );
  expect(await use(readFile({ folder }), { path: 'huge.txt' })).toMatch(
    /^FILE_TOO_LARGE: "huge.txt" has 70 MB; at most 64 MB can be read/,
  );
  expect(await use(readFile({ folder }), { path: 'pipe' })).toBe('FILE_UNREADABLE: "pipe" is not a file.');
});

test('search_files finds a text exactly as it stands, sorted by path and line', async () => {
  const folder = await folderWith({
    'b.ts': 'const a = 1;\n// TODO: b (x+)+\n',
    'a/c.ts': 'todo\n\tTODO c\n',
    'bin.dat': Buffer.from('TODO\0'),
    'dist/x.js': 'TODO',
    'z.md': 'TODO',
  });
  const tool = searchFiles({ folder });
  expect(await use(tool, { text: 'TODO', match: '*.ts' })).toBe(
    'a/c.ts:2: TODO c\nb.ts:2: // TODO: b (x+)+\n[2 matching lines in 2 of 2 files.]',
  );
  expect(await use(tool, { text: 'todo', ignoreCase: true, folder: 'a' })).toBe(
    'a/c.ts:1: todo\na/c.ts:2: TODO c\n[2 matching lines in 1 of 1 files.]',
  );
  expect(await use(tool, { text: '(x+)+' })).toContain('b.ts:2:');
  expect(await use(tool, { text: '.*' })).toBe('[Nothing found in 3 files.]');
});

test('search_files keeps to its caps and says so', async () => {
  const folder = await folderWith({
    'a.txt': 'hit\n'.repeat(50),
    'b.txt': 'hit\n'.repeat(50),
    'large.txt': 'hit\n'.repeat(500),
    'long.txt': `${'x'.repeat(900)}hit${'y'.repeat(900)}`,
  });
  const said = await use(searchFiles({ folder, maxMatches: 30, maxFileBytes: 1999 }), { text: 'hit' });
  expect(said.split('\n')).toHaveLength(33);
  expect(said).toContain(
    '[101 matching lines in 3 of 3 files.]\n[Only 30 lines are shown, at most 20 a file. Narrow with folder or match.]\n[Not searched: 1 file over 2.0 KB.]',
  );
  const long = await use(searchFiles({ folder }), { text: 'hit', match: 'long.txt' });
  expect(long.length).toBeLessThan(400);
  expect(long).toContain('hit');
});

test('write_file makes folders, writes whole files and leaves nothing else behind', async () => {
  const root = await folderWith({});
  const folder = join(root, 'made/later');
  expect(await use(writeFile({ folder }), { path: 'x/y/a.md', text: 'Grüße' })).toBe('Wrote 7 bytes to x/y/a.md.');
  expect(await read(join(folder, 'x/y/a.md'), 'utf8')).toBe('Grüße');
  expect(await readdir(join(folder, 'x/y'))).toEqual(['a.md']);
});

test('write_file replaces a file only when that is allowed', async () => {
  const folder = await folderWith({ 'a.md': 'old', 'd/x': '1' });
  expect(await use(writeFile({ folder }), { path: 'a.md', text: 'new' })).toBe(
    'FILE_UNREADABLE: "a.md" exists already, and overwriting is not allowed here. Choose another name.',
  );
  expect(await read(join(folder, 'a.md'), 'utf8')).toBe('old');
  expect(await use(writeFile({ folder, overwrite: true }), { path: 'a.md', text: 'new' })).toBe(
    'Wrote 3 bytes to a.md.',
  );
  expect(await use(writeFile({ folder, overwrite: true }), { path: 'd', text: 'new' })).toMatch(
    /^FILE_UNREADABLE: "d" is no file/,
  );
  expect(await use(writeFile({ folder, maxBytes: 3 }), { path: 'b', text: 'four' })).toBe(
    'FILE_TOO_LARGE: The text for "b" has 4 bytes; at most 3 bytes may be written. Write less, or several files.',
  );
});

test('of many writers of one new file exactly one succeeds', async () => {
  const folder = await folderWith({});
  const said = await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      use(writeFile({ folder }), { path: 'a.txt', text: `${index}`.padStart(3) }),
    ),
  );
  expect(said.filter((one) => one.startsWith('Wrote'))).toHaveLength(1);
  expect(await readdir(folder)).toEqual(['a.txt']);
  expect((await stat(join(folder, 'a.txt'))).size).toBe(3);
});

test('what may not be read is told, not thrown over', async () => {
  const folder = await folderWith({ 'd/a.txt': 'x', 'b.txt': 'x' });
  await mkdir(join(folder, 'closed'));
  await chmod(join(folder, 'closed'), 0o000);
  await chmod(join(folder, 'b.txt'), 0o000);
  // Root may read everything; then there is nothing to be denied.
  const denied = process.getuid?.() !== 0;
  const said = await use(readFile({ folder }), { path: 'b.txt' });
  expect(said).toBe(denied ? 'FILE_UNREADABLE: "b.txt" may not be opened: the system denies access.' : 'x');
  expect(await use(listFiles({ folder }), {})).toContain('d/a.txt');
  await chmod(join(folder, 'closed'), 0o700);
});

test('a cancelled call stops', async () => {
  const folder = await folderWith({ 'a/b/c.txt': 'x' });
  const controller = new AbortController();
  controller.abort();
  for (const [tool, input] of [
    [listFiles({ folder }), {}],
    [searchFiles({ folder }), { text: 'x' }],
    [readFile({ folder }), { path: 'a/b/c.txt' }],
  ] as const) {
    const checked = await tool.check(input);
    if (!checked.ok) throw new Error('the call should be fine');
    await expect(Promise.resolve(checked.run({ ...scope, signal: controller.signal }))).rejects.toThrow(/abort/i);
  }
});

test('a folder may come from the inputs of the run', async () => {
  const folder = await folderWith({ 'a.txt': 'x' });
  const checked = await readFile({ folder: { input: 'where' } }).check({ path: 'a.txt' });
  if (!checked.ok) throw new Error('the call should be fine');
  expect(await checked.run({ ...scope, inputs: { where: folder } })).toBe('x');
  const missing = Promise.resolve().then(() => checked.run(scope));
  await expect(missing).rejects.toThrow(CrewError);
  await expect(missing).rejects.toThrow('the input "where"');
});

test('a wrong option is refused when the tool is made', () => {
  expect(() => readFile({ folder: '' })).toThrow(DefinitionError);
  expect(() => listFiles({ folder: '.', maxEntries: 0 })).toThrow('maxEntries must be a whole number, at least 1');
  expect(() => searchFiles({ folder: '.', skip: [] })).not.toThrow();
});
