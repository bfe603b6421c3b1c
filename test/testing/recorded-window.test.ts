import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { Agent } from '../../src/agent.ts';
import { Crew } from '../../src/crew.ts';
import type { Model } from '../../src/spec/model.ts';
import { Task } from '../../src/task.ts';
import { recordedModel } from '../../src/testing/recorded-model.ts';
import { scriptedModel } from '../../src/testing/scripted-model.ts';
import { tool } from '../../src/tool.ts';

const WINDOW = 4_000;

/** One agent that reads more than a small window holds. */
function readingBy(model: Model) {
  const read = tool({
    name: 'read',
    description: 'Reads a page.',
    input: z.object({ page: z.number() }),
    execute: ({ page }) => `page ${page} `.repeat(1_000),
  });
  const agent = new Agent({ role: 'Reader', goal: 'Read', backstory: 'You read.', tools: [read] });
  const task = new Task({ name: 'reading', description: 'Read.', expectedOutput: 'A word.', agent });
  return new Crew({ name: 'readers', agents: [agent], tasks: [task], model });
}

const script = () => {
  const page = (number: number) => ({ toolCalls: [{ name: 'read', arguments: { page: number } }] });
  return scriptedModel({ reading: [page(1), page(2), 'Read.'] }, { contextWindow: WINDOW });
};

test('a recorded run shortens conversations as a plain one does, and so does its replay, whatever stands in', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'crewline-recording-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'calls.json');
  const [plain, real] = [script(), script()];
  await readingBy(plain).kickoff();
  await readingBy(recordedModel(file, { mode: 'record', model: real })).kickoff();
  const sizes = ({ calls }: typeof plain) =>
    calls.map(({ request }) => request.messages.map(({ content }) => content.length));
  expect(sizes(real)).toEqual(sizes(plain));
  // Both pages, whole, would be more than this.
  expect(
    sizes(plain)
      .at(-1)
      ?.reduce((a, b) => a + b),
  ).toBeLessThan(14_000);
  for (const model of [undefined, scriptedModel([]), scriptedModel([], { contextWindow: 10 * WINDOW })]) {
    const replay = recordedModel(file, { mode: 'replay', ...(model && { model }) });
    expect((await readingBy(replay).kickoff()).raw).toBe('Read.');
    replay.verify();
  }
  expect(JSON.parse(readFileSync(file, 'utf8')).models).toEqual({
    scripted: { jsonSchema: false, contextWindow: WINDOW },
  });
});

test('a recording from before windows were kept was made without one, and replays so', () => {
  const folder = mkdtempSync(join(tmpdir(), 'crewline-recording-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'calls.json');
  const written = (about: object) =>
    writeFileSync(file, JSON.stringify({ crewline: 'recording', version: 1, models: { scripted: about }, calls: [] }));
  written({ jsonSchema: true });
  expect(recordedModel(file, { mode: 'replay', model: script() }).contextWindow).toBeUndefined();
  expect(recordedModel(file, { mode: 'auto', model: script() }).contextWindow).toBe(WINDOW);
  expect(recordedModel(file, { mode: 'replay' })).toMatchObject({ jsonSchema: true });
  written({ contextWindow: 'wide' });
  expect(() => recordedModel(file, { mode: 'replay' })).toThrow(/models\.scripted\.contextWindow should be a number/);
});
