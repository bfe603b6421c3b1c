import { beforeAll, expect, test } from 'vitest';
import { HARBOUR } from './documents.ts';
import { type CrewRun, folderOf, repeated, runCrew } from './run-crew.ts';

const FILE = 'out/research-report.md';

let run: CrewRun;
let report: string;
beforeAll(async () => {
  run = await runCrew('research-report', { topic: 'ferry', folder: folderOf(HARBOUR) });
  report = run.written(FILE);
});

test('researcher, writer and reviewer work one after another, without key or network', () => {
  const told = run.events.flatMap((event) =>
    event.type === 'task.start' || event.type === 'task.end' ? [`${event.type} ${event.taskName}`] : [],
  );
  const tasks = ['research', 'draft', 'review'];
  expect(told).toEqual(tasks.flatMap((name) => [`task.start ${name}`, `task.end ${name}`]));
  expect(run.stderr).toBe('');
  expect(run.code).toBe(0);
});

test('the report quotes what the documents say about the topic, each with its file', () => {
  expect(report).toMatch(/^# .*ferry/i);
  expect(report).toContain('The first ferry leaves the north pier at 6:40 and needs 55 minutes');
  expect(report).toContain('A ticket for the ferry costs 12 euros, and children travel free');
  expect(report).toContain('The ferry service was founded by eleven fishermen in 1887');
  for (const file of ['timetable.md', 'prices/tickets.md', 'history.md']) expect(report).toContain(`\`${file}\``);
});

test('the report leaves out what is about something else, and what is no document', () => {
  expect(report).not.toMatch(/lighthouse|captain/);
});

test('the report says nothing twice, and says what wrote it, once', () => {
  expect(repeated(report)).toEqual([]);
  expect(report.match(/not a language model/g)).toHaveLength(1);
  expect(report).not.toMatch(/undefined|\[object|null|unknown|[{}]/);
});

test('a topic that no document mentions gets a report that says so', async () => {
  const { code, written } = await runCrew('research-report', { topic: 'giraffes', folder: folderOf(HARBOUR) });
  expect(written(FILE)).toMatch(/^# .*giraffes[\s\S]*holds no findings/);
  expect(written(FILE)).not.toMatch(/ferry|lighthouse|unknown/);
  expect(code).toBe(0);
});

test('an empty folder is no reason to fail', async () => {
  const { code, written } = await runCrew('research-report', { topic: 'ferry', folder: folderOf({}) });
  expect(written(FILE)).toContain('holds no findings');
  expect(code).toBe(0);
});

test('a folder that is missing is refused before any model is called', async () => {
  const { code, stderr, events } = await runCrew('research-report', { folder: 'no-such-place' });
  expect(stderr).toMatch(/there is no folder "no-such-place"/);
  expect(events.filter((event) => event.type === 'model.start')).toEqual([]);
  expect(code).toBe(2);
});
