import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { CLASSES, FAULTS } from '../faults/catalogue.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (path: string) => readFileSync(`${root}/${path}`, 'utf8');

/** The rows of the table below the heading "Guarantees". */
function rows(): readonly (readonly string[])[] {
  const [, below = ''] = read('README.md').split('\n## Guarantees\n');
  const [section = ''] = below.split('\n## ');
  const lines = section.split('\n').filter((line) => line.startsWith('| '));
  return lines.slice(2).map((line) => line.split('|').map((cell) => cell.trim()));
}

/** The number that stands before these words, somewhere in the table. */
function counted(what: RegExp): number {
  const [, figure = ''] = what.exec(rows().flat().join('\n')) ?? [];
  return Number(figure.replaceAll(',', ''));
}

test.each(rows().map((cells) => [cells[1] ?? '', cells[3] ?? ''] as const))(
  'a test tries to break it: %s',
  (_, cell) => {
    const named = [...cell.matchAll(/\[(test\/[^\]]+)\]\(\1\) “([^”]+)”/g)];
    expect(named.length).toBeGreaterThan(0);
    for (const [, path = '', name = ''] of named) expect(read(path).replaceAll("\\'", "'"), path).toContain(name);
  },
);

test('the table counts what there is', () => {
  expect(counted(/([\d,]+) classes of faults/)).toBe(Object.keys(CLASSES).length);
  expect(counted(/classes of faults in ([\d,]+) ways/)).toBe(FAULTS.length);
  expect(counted(/([\d,]+) pairs of faults/)).toBe((FAULTS.length * (FAULTS.length + 1)) / 2);
  const files = readdirSync(`${root}/test/fuzz`).filter(
    (name) => name.endsWith('.test.ts') && name !== 'growth.test.ts',
  );
  const targets = files.flatMap((name) => read(`test/fuzz/${name}`).match(/^test\(/gm) ?? []);
  expect(counted(/([\d,]+) fuzz targets/)).toBe(targets.length);
});
