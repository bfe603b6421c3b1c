import { beforeAll, expect, test } from 'vitest';
import { HARBOUR } from './documents.ts';
import { type CrewRun, folderOf, repeated, runCrew } from './run-crew.ts';

let run: CrewRun;
let article: string;
beforeAll(async () => {
  run = await runCrew('newsroom', { topic: 'ferry', folder: folderOf(HARBOUR) });
  article = run.written('out/article.md');
});

test('the editor delegates to every colleague, and the writer comes after those who find out', () => {
  const to = run.events.flatMap((event) => (event.type === 'delegation.start' ? [event.coworker] : []));
  expect([...to].sort()).toEqual(['Fact checker', 'Reporter', 'Writer']);
  expect(to.at(-1)).toBe('Writer');
  expect(run.stderr).toBe('');
  expect(run.code).toBe(0);
});

test('the article is about the topic, with true sentences from the archive and their files', () => {
  expect(article).toMatch(/^# .*ferry/i);
  expect(article).toContain('A ticket for the ferry costs 12 euros, and children travel free');
  expect(article).toContain('`prices/tickets.md`');
  expect(article).not.toMatch(/lighthouse|captain/);
});

test('the article says nothing twice, and says what wrote it, once', () => {
  expect(repeated(article)).toEqual([]);
  expect(article.match(/not a language model/g)).toHaveLength(1);
  expect(article).not.toMatch(/undefined|\[object|null|[{}]/);
});

test('an archive that is empty still gives an article, and one that is missing is refused', async () => {
  const [empty, missing] = await Promise.all([
    runCrew('newsroom', { topic: 'ferry', folder: folderOf({}) }),
    runCrew('newsroom', { folder: 'no-such-place' }),
  ]);
  expect(empty.code).toBe(0);
  expect(empty.written('out/article.md')).not.toMatch(/undefined|\[object/);
  expect(missing.stderr).toMatch(/there is no folder "no-such-place"/);
  expect(missing.code).toBe(2);
});
