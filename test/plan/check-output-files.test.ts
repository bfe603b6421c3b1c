import { expect, test } from 'vitest';
import { checkCrew } from '../../src/plan/check.ts';
import { Task } from '../../src/task.ts';
import { crewOf } from './crews.ts';

function writing(...files: readonly string[]): string[] {
  const tasks = files.map((outputFile, id) => new Task({ name: `t${id}`, execute: () => id, outputFile }));
  return checkCrew(crewOf({ tasks })).problems.map(({ code, place, message }) => `${code} ${place}: ${message}`);
}

test('two tasks that write the same file are refused, however the path is written', () => {
  const said =
    'OPTION_INVALID task "t1": outputFile: task "t0" writes out/a.md too, and the last would overwrite the first; give one of them another file.';
  for (const same of ['out/a.md', './out/a.md', 'out//./a.md', 'out/b/../a.md'])
    expect(writing('out/a.md', same)).toEqual([said]);
});

test('different files, and paths that are known only in the run, are fine', () => {
  expect(writing('out/a.md', 'out/b.md', 'a.md')).toEqual([]);
  expect(writing('out/{{topic}}.md', 'out/{{topic}}.md')).toEqual([]);
});

test('two branches of which one is taken may write the same file', () => {
  const branch = (name: string) => new Task({ name, execute: () => 1, when: () => true, outputFile: 'out/a.md' });
  expect(checkCrew(crewOf({ tasks: [branch('yes'), branch('no')] })).problems).toEqual([]);
});
