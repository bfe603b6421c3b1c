import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { CrewError } from '../../src/errors.ts';
import { loadPrompts } from '../../src/prompts/load.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'crewline-prompts-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, text: string | Uint8Array): void {
  const path = join(folder, name);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, text);
}

function failure(path = folder): Pick<CrewError, 'code' | 'message'> {
  try {
    loadPrompts(path);
  } catch (error) {
    if (error instanceof CrewError) return error;
    throw error;
  }
  throw new Error('no error');
}

test('templates are read by name, sub-folders included, other files left alone', () => {
  file('task.hbs', '{{description}}\n');
  file('legal/disclaimer.hbs', '\ufeffNo advice.\r\nReally.\r\n\r\n');
  file('README.md', 'not a template');
  file('.hbs', 'no name');
  expect(loadPrompts(folder)).toEqual({ task: '{{description}}', 'legal/disclaimer': 'No advice.\nReally.' });
});

test('the prompt set is frozen and a later change of the files changes nothing', () => {
  file('task.hbs', 'one');
  const prompts = loadPrompts(folder);
  file('task.hbs', 'two');
  expect(Object.isFrozen(prompts)).toBe(true);
  expect(prompts['task']).toBe('one');
});

test('a folder that is not there, or is a file, is an error that names the path', () => {
  const missing = join(folder, 'prmpts');
  expect(failure(missing)).toMatchObject({ code: 'FILE_UNREADABLE', message: expect.stringContaining(missing) });
  file('a.hbs', 'x');
  expect(failure(join(folder, 'a.hbs'))).toMatchObject({
    code: 'FILE_UNREADABLE',
    message: expect.stringContaining('is not a folder'),
  });
});

test('a folder without templates is an error', () => {
  file('prompt.txt', 'x');
  expect(failure()).toMatchObject({ code: 'TEMPLATE', message: expect.stringContaining('no file that ends in .hbs') });
});

test('a file that is too large or not UTF-8 is an error that names it', () => {
  file('big.hbs', 'x'.repeat(256 * 1024 + 1));
  expect(failure()).toMatchObject({
    code: 'FILE_TOO_LARGE',
    message: expect.stringContaining('big.hbs has 262145 bytes'),
  });
  file('big.hbs', Uint8Array.of(0x61, 0xff, 0xfe));
  expect(failure()).toMatchObject({
    code: 'FILE_UNREADABLE',
    message: expect.stringContaining('big.hbs cannot be read'),
  });
});

test('a link out of the folder is refused, for files and for folders', () => {
  file('inside/secret.hbs', 'secret');
  file('inside-too/a.hbs', 'a');
  const prompts = join(folder, 'inside-too');
  symlinkSync(join(folder, 'inside/secret.hbs'), join(prompts, 'b.hbs'));
  expect(failure(prompts)).toMatchObject({ code: 'PATH_FORBIDDEN', message: expect.stringContaining('b.hbs') });
  rmSync(join(prompts, 'b.hbs'));
  symlinkSync(join(folder, 'inside'), join(prompts, 'sub'));
  expect(failure(prompts)).toMatchObject({ code: 'PATH_FORBIDDEN', message: expect.stringContaining('leads out of') });
});

test('links inside the folder are followed, and a link back up ends', () => {
  file('a.hbs', 'A');
  symlinkSync(join(folder, 'a.hbs'), join(folder, 'b.hbs'));
  symlinkSync(folder, join(folder, 'loop'));
  expect(loadPrompts(folder)).toEqual({ a: 'A', b: 'A' });
});

test('a link to nothing is an error when it is called a template, and left alone otherwise', () => {
  file('a.hbs', 'A');
  symlinkSync(join(folder, 'nowhere'), join(folder, 'note'));
  expect(loadPrompts(folder)).toEqual({ a: 'A' });
  symlinkSync(join(folder, 'nowhere'), join(folder, 'c.hbs'));
  expect(failure()).toMatchObject({ code: 'FILE_UNREADABLE', message: expect.stringContaining('c.hbs') });
});
