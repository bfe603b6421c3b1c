import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { JsonObject } from '../../src/index.ts';
import { type FolderOption, listFiles, readFile, searchFiles, writeFile } from '../../src/tools/index.ts';

const root = mkdtempSync(join(tmpdir(), 'crewline-folder-'));
for (const [folder, text] of [
  ['north', 'sea'],
  ['south', 'sand'],
] as const) {
  mkdirSync(join(root, folder));
  writeFileSync(join(root, folder, `${text}.md`), text);
}
afterAll(() => rmSync(root, { recursive: true }));

const tools = (folder: FolderOption) => [
  { tool: listFiles({ folder }), input: {} },
  { tool: readFile({ folder }), input: { path: 'sea.md' } },
  { tool: searchFiles({ folder }), input: { text: 'sea' } },
  { tool: writeFile({ folder, overwrite: true }), input: { path: 'new.md', text: 'sea' } },
];

async function call(index: number, inputs: JsonObject): Promise<unknown> {
  const made = tools({ input: 'place' })[index];
  const checked = await made?.tool.check(made.input);
  const { signal } = new AbortController();
  return checked?.ok && checked.run({ signal, key: 'k', runId: 'r', taskName: 't', inputs });
}

test('a tool works in the folder that an input of the run names', async () => {
  const inputs = { place: join(root, 'north') };
  expect(await call(0, inputs)).toContain('sea.md');
  expect(await call(1, inputs)).toBe('sea');
  expect(await call(2, inputs)).toContain('sea.md:1: sea');
  expect(await call(3, inputs)).toContain('new.md');
  expect(await call(0, { place: join(root, 'south') })).toMatch(/^sand\.md/);
});

test('it stays inside that folder', async () => {
  const outside = readFile({ folder: { input: 'place' } });
  const checked = await outside.check({ path: '../south/sand.md' });
  const { signal } = new AbortController();
  const scope = { signal, key: 'k', runId: 'r', taskName: 't', inputs: { place: join(root, 'north') } };
  await expect(async () => checked.ok && checked.run(scope)).rejects.toMatchObject({ code: 'PATH_FORBIDDEN' });
});

test('without such an input, or with one that is no path, the tool says so', async () => {
  for (const inputs of [{}, { place: 3 }, { place: '' }, { place: null }]) {
    for (const index of [0, 1, 2, 3]) {
      await expect(call(index, inputs)).rejects.toThrow(
        'This tool works in the folder that the input "place" names, and this run\'s inputs name none.',
      );
    }
  }
  const inherited: FolderOption = { input: 'constructor' };
  const checked = await listFiles({ folder: inherited }).check({});
  const { signal } = new AbortController();
  const scope = { signal, key: 'k', runId: 'r', taskName: 't', inputs: {} };
  await expect(async () => checked.ok && checked.run(scope)).rejects.toMatchObject({ code: 'INPUT_INVALID' });
});

test('anything else as a folder is refused when the tool is made', () => {
  for (const folder of [{}, { input: '' }, { input: 3 }, { inputs: 'place' }, { input: 'a', other: 1 }, '', 3, null]) {
    for (const make of [listFiles, readFile, searchFiles, writeFile]) {
      // Through JSON's `unknown`: what a user without types could write.
      expect(() => Reflect.apply(make, undefined, [{ folder }])).toThrow(/folder (?:must be|is missing)/);
    }
  }
});
