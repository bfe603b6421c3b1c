import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { CLASSES, ELSEWHERE, FAULTS } from './catalogue.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

test('every class of fault that needs no store has its rows here, or tests where its code is', () => {
  const classes = [...FAULTS.map(({ id }) => id), ...Object.keys(ELSEWHERE)];
  expect(Object.keys(CLASSES).filter((id) => !classes.includes(id))).toEqual([]);
  expect(classes.filter((id) => !(id in CLASSES))).toEqual([]);
});

test.each(Object.entries(ELSEWHERE))('%s has the tests elsewhere that the catalogue names', (_, tests) => {
  for (const { file, test: name } of tests) expect(readFileSync(`${root}/${file}`, 'utf8'), file).toContain(name);
});
