import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { type RecordedModel, recordedModel } from '../../src/testing/recorded-model.ts';
import { scriptedModel } from '../../src/testing/scripted-model.ts';
import { ask } from '../models/ask-model.ts';

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'crewline-recording-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const callsIn = (file: string): unknown[] => JSON.parse(readFileSync(file, 'utf8')).calls;
const answers = Array.from({ length: 200 }, (_, n) => `answer ${n}`);

test('many calls are few writes, and the file holds all of them once it is saved', async () => {
  const file = join(newFolder(), 'calls.json');
  const recorder = recordedModel(file, { mode: 'record', model: scriptedModel(answers) });
  const written = new Set<number>();
  for (const _ of answers) {
    await ask(recorder);
    written.add(statSync(file).ino);
  }
  // Each write is a new file that takes the place of the old one.
  expect(written.size).toBeLessThan(answers.length / 2);
  await recorder.saved();
  expect(callsIn(file)).toHaveLength(answers.length);
});

/** Asks until the recording is being written beside other work, and says how often that was. */
async function askUntilWriting(folder: string, recorder: RecordedModel): Promise<number> {
  await ask(recorder);
  for (let asked = 2; ; asked += 1) {
    // Longer than it rests after the last write, however slow the disk is.
    await sleep(60 * 2 ** asked);
    await ask(recorder);
    if (draftsIn(folder).length > 0) return asked;
  }
}

const draftsIn = (folder: string): string[] => readdirSync(folder).filter((name) => name.endsWith('.tmp'));

test('while a recording is written the file is whole, for its owner only, and what came meanwhile is written after it', async () => {
  const folder = newFolder();
  const file = join(folder, 'calls.json');
  const recorder = recordedModel(file, { mode: 'record', model: scriptedModel(answers) });
  const asked = await askUntilWriting(folder, recorder);
  expect(callsIn(file)).toHaveLength(asked - 1);
  for (const name of readdirSync(folder)) expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
  await ask(recorder);
  while (callsIn(file).length <= asked) await sleep(5);
  expect(draftsIn(folder)).toEqual([]);
  await recorder.saved();
  expect(callsIn(file)).toHaveLength(asked + 1);
});

test('what is being written never takes the place of what was saved after it, and leaves nothing behind', async () => {
  const folder = newFolder();
  const file = join(folder, 'calls.json');
  const recorder = recordedModel(file, { mode: 'record', model: scriptedModel(answers) });
  const asked = await askUntilWriting(folder, recorder);
  await ask(recorder);
  // Reading it saves it, at once.
  const replay = recordedModel(file, { mode: 'replay' });
  expect(replay.unused).toHaveLength(asked + 1);
  expect(draftsIn(folder)).toEqual([]);
  const { ino } = statSync(file);
  await sleep(100);
  expect(statSync(file).ino).toBe(ino);
  expect(readdirSync(folder)).toEqual(['calls.json']);
});

test('a write that fails beside other work is told by saved, and by the next call', async () => {
  const folder = join(newFolder(), 'sub');
  mkdirSync(folder);
  const file = join(folder, 'calls.json');
  const recorder = recordedModel(file, { mode: 'record', model: scriptedModel(answers) });
  const asked = await askUntilWriting(folder, recorder);
  rmSync(folder, { recursive: true });
  await expect(recorder.saved()).rejects.toMatchObject({ code: 'RECORDING_INVALID' });
  await expect(ask(recorder)).rejects.toMatchObject({ code: 'RECORDING_INVALID' });
  mkdirSync(folder);
  await recorder.saved();
  expect(callsIn(file)).toHaveLength(asked + 1);
});

test('another one of the same process reads all that was recorded, saved or not', async () => {
  const file = join(newFolder(), 'calls.json');
  const recorder = recordedModel(file, { mode: 'record', model: scriptedModel(answers) });
  for (const _ of answers) await ask(recorder);
  const replay = recordedModel(file, { mode: 'replay' });
  for (const text of answers) expect(await ask(replay)).toMatchObject([{ text }, {}]);
  replay.verify();
});

test('a file that can no longer be written is told by the next call or by saved', async () => {
  const folder = join(newFolder(), 'sub');
  mkdirSync(folder);
  const recorder = recordedModel(join(folder, 'calls.json'), { mode: 'record', model: scriptedModel(answers) });
  await ask(recorder);
  rmSync(folder, { recursive: true });
  const ends = await Promise.allSettled([ask(recorder), ask(recorder)]);
  const saved = await recorder.saved().catch((error) => error);
  expect(saved).toMatchObject({ code: 'RECORDING_INVALID' });
  for (const end of ends) if (end.status === 'rejected') expect(end.reason.code).toBe('RECORDING_INVALID');
  mkdirSync(folder);
  await recorder.saved();
  expect(callsIn(join(folder, 'calls.json'))).toHaveLength(3);
});

test('the end of the process leaves nothing unwritten, and what is written leaves no listener', async () => {
  const file = join(newFolder(), 'calls.json');
  const others = new Set(process.listeners('exit'));
  const atExit = () => process.listeners('exit').filter((listener) => !others.has(listener));
  const recorder = recordedModel(file, { mode: 'record', model: scriptedModel(answers) });
  // Until one of them is not written at once.
  let asked = 0;
  while (atExit().length === 0) {
    await ask(recorder);
    asked += 1;
  }
  expect(callsIn(file).length).toBeLessThan(asked);
  for (const listener of atExit()) listener.call(process, 0);
  expect(callsIn(file)).toHaveLength(asked);
  expect(atExit()).toEqual([]);
});
