import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { ownEntries } from '../../src/cli/own-entries.ts';
import { root } from '../built.ts';

test('whichever entry of the package a crew imports, it means the crewline that runs', () => {
  const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const names = Object.keys(exports).filter((name) => name !== './package.json');
  const entries = ownEntries();
  expect([...entries.keys()].toSorted()).toEqual(names.map((name) => name.replace('.', 'crewline')).toSorted());
  for (const [name, url] of entries) expect(existsSync(fileURLToPath(url)), name).toBe(true);
});
