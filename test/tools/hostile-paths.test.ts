import { join } from 'node:path';
import { expect, test } from 'vitest';
import { listFiles, readFile, searchFiles, writeFile } from '../../src/tools/index.ts';
import { openInside, withFolder } from '../../src/tools/workspace.ts';
import { writeInside } from '../../src/tools/write-inside.ts';
import { besideSecret, treeHash, use } from './workspaces.ts';

const HOSTILE = [
  '..',
  '../',
  '../outside/secret.txt',
  '../ws-evil/x.txt',
  'sub/../../outside/secret.txt',
  './../outside/secret.txt',
  'sub/../../ws-evil/x.txt',
  '././../..',
  'a/b/c/../../../../outside',
  '../ws/../outside/secret.txt',
  '/etc/passwd',
  '/',
  '//etc/passwd',
  '//server/share/x',
  '/proc/self/environ',
  '/dev/null',
  'C:\\Windows\\win.ini',
  'C:/Windows/win.ini',
  'c:secret',
  '\\\\server\\share',
  '\\etc\\passwd',
  '\\\\?\\C:\\x',
  '\\\\.\\pipe\\x',
  '..\\outside\\secret.txt',
  'sub\\..\\..\\outside',
  'a\\b.txt',
  '~',
  '~/x',
  '~root/.ssh/id_rsa',
  '~\\x',
  'a.txt\0',
  'a.txt\0.md',
  '\0',
  'a\nb',
  'a\tb',
  '\u007f',
  'sub/\u0001x',
  'a.txt:hidden',
  'a.txt::$DATA',
  'sub:stream',
  'file:///etc/passwd',
  'http://example.com/x',
  'CON',
  'con.txt',
  'NUL',
  'nul.tar.gz',
  'sub/AUX',
  'PRN.md',
  'COM1',
  'com9.log',
  'LPT1',
  'lpt¹.txt',
  'CONIN$',
  'aux .txt',
  'a.',
  'a ',
  'sub./x',
  '...',
  'sub /x',
  'x'.repeat(2000),
  `${'y'.repeat(256)}.txt`,
  '\ud800',
  'out/secret.txt',
  'out',
  'leak.txt',
  'dangling.txt',
  'danglingdir/x.txt',
  'loop',
  'loop/x',
  'sub/up',
  'sub/up/outside/secret.txt',
  'alias/up/outside/secret.txt',
] as const;

/** Harmless on a system where these are plain names; then nothing outside may be touched all the same. */
const PLAIN_NAMES = [
  '%2e%2e%2foutside%2fsecret.txt',
  '..%2foutside',
  '．．／outside',
  '․․/x',
  '$HOME/x',
  '`id`',
  '${x}',
  '*.txt',
  'a;b',
  '-rf',
];

test.each([
  ['held open', false],
  ['by path', true],
])('no hostile path leads out of the workspace, by any way in, and nothing outside changes (%s)', async (_, byPath) => {
  const { root, workspace } = await besideSecret();
  const outside = async (): Promise<string> =>
    `${await treeHash(join(root, 'outside'))}${await treeHash(join(root, 'ws-evil'))}`;
  const before = await outside();
  const place = { folder: workspace, byPath, overwrite: true };
  const ways: { readonly [name: string]: (path: string) => Promise<unknown> } = {
    read: async (path) => (await openInside(place, path)).readFile('utf8'),
    folder: (path) => withFolder(place, path, async () => 'opened'),
    write: (path) => writeInside(place, path, 'PWNED'),
  };
  for (const path of HOSTILE) {
    for (const [name, way] of Object.entries(ways)) {
      const said = await way(path).then(
        (value) => `let through: ${String(value)}`,
        (error: unknown) =>
          error instanceof Error && 'code' in error ? String(error.code) : `crashed: ${String(error)}`,
      );
      expect([name, path, said]).toEqual([name, path, expect.stringMatching(/^(?:PATH_FORBIDDEN|FILE_UNREADABLE)$/)]);
    }
  }
  for (const path of PLAIN_NAMES) for (const way of Object.values(ways)) await way(path).catch(() => undefined);
  expect(await outside()).toBe(before);
});

test('the tools refuse hostile paths, too, and never show what lies outside', async () => {
  const { root, workspace } = await besideSecret();
  const before = await treeHash(join(root, 'outside'));
  const options = { folder: workspace };
  for (const path of HOSTILE) {
    const said = [
      await use(readFile(options), { path }),
      await use(listFiles(options), { folder: path }),
      await use(searchFiles(options), { text: 'SECRET', folder: path }),
      await use(writeFile({ ...options, overwrite: true }), { path, text: 'PWNED' }),
    ];
    for (const one of said) {
      expect(one).toMatch(/^(?:PATH_FORBIDDEN|FILE_UNREADABLE): /);
      expect(one).not.toContain('SECRET');
      expect(one).not.toContain(root);
    }
  }
  expect(await use(searchFiles(options), { text: 'SECRET' })).toContain('Nothing found');
  expect(await use(listFiles(options), {})).not.toContain('secret.txt');
  expect(await treeHash(join(root, 'outside'))).toBe(before);
});

test('a link that leads to a folder inside may be used', async () => {
  const { workspace } = await besideSecret();
  expect(await use(readFile({ folder: workspace }), { path: 'alias/b.txt' })).toBe('inside');
  expect(await use(readFile({ folder: workspace }), { path: './sub//../sub/b.txt' })).toBe('inside');
});

test('a file is not written over a link, nor into .git', async () => {
  const { workspace } = await besideSecret();
  const tool = writeFile({ folder: workspace, overwrite: true });
  expect(await use(tool, { path: 'leak.txt', text: 'x' })).toContain('is or passes a link that may not be followed');
  expect(await use(tool, { path: '.git/hooks/pre-commit', text: 'x' })).toContain('lies in .git');
  expect(await use(tool, { path: 'sub/.GIT/config', text: 'x' })).toContain('lies in .git');
});

test('each message names the path, says what is wrong and what to do', async () => {
  const { workspace } = await besideSecret();
  const read = (path: string): Promise<string> => use(readFile({ folder: workspace }), { path });
  expect(await read('../x')).toBe(
    'PATH_FORBIDDEN: "../x" leads outside the workspace. Use a path below it, such as src/index.ts.',
  );
  expect(await read('/etc/passwd')).toBe(
    'PATH_FORBIDDEN: "/etc/passwd" is an absolute path. Use one relative to the workspace, such as src/index.ts.',
  );
  expect(await read('a\0')).toBe('PATH_FORBIDDEN: "a�" has a control character. Use plain names.');
  expect(await read('nul.txt')).toBe(
    'PATH_FORBIDDEN: "nul.txt" has the name of a Windows device (nul). Use another name.',
  );
  expect(await read('sub/c.txt')).toBe('FILE_UNREADABLE: There is no "sub/c.txt". Did you mean "sub/b.txt"?');
  expect(await read('sub')).toBe('FILE_UNREADABLE: "sub" is a folder. List it to see its files.');
  expect(await read('.')).toBe('FILE_UNREADABLE: "." is the workspace folder, not a file. List it to see its files.');
  expect(await read('a.txt/x')).toBe(
    'FILE_UNREADABLE: "a.txt/x" passes through something that is a file, not a folder.',
  );
  expect(await use(readFile({ folder: join(workspace, 'gone') }), { path: 'x' })).toMatch(
    /^FILE_UNREADABLE: The workspace folder .* cannot be opened/,
  );
});
