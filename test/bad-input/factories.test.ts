import { Crew, inMemory, Task } from 'crewline';
import { sqlite } from 'crewline/sqlite';
import { fakeClock, modelServer, scriptedModel } from 'crewline/testing';
import { expect, test } from 'vitest';
import { made, told, untyped } from './refused.ts';

test('options of engines', async () => {
  expect(await told(() => untyped(sqlite))).toBe('OPTION_INVALID sqlite: needs an object of options, not undefined.');
  expect(await told(() => untyped(sqlite, { fil: 'runs.db', synchronous: 'off', runtime: {} }))).toBe(
    `OPTION_INVALID sqlite has 4 mistakes:
- sqlite: there is no option "fil". Did you mean "file"?
- sqlite: synchronous must be one of full, normal, not "off".
- sqlite: runtime must be a Runtime, such as fakeClock() of crewline/testing, not an object.
- sqlite: file is missing.`,
  );
  expect(await told(() => untyped(inMemory, { runtme: fakeClock() }))).toBe(
    'OPTION_INVALID inMemory: there is no option "runtme". Did you mean "runtime"?',
  );
  const tasks = [new Task({ name: 'code', execute: () => 1 })];
  expect(await told(() => made(Crew, { name: 'c', tasks, engine: {} }))).toBe(
    'OPTION_INVALID crew "c": engine must be an engine, such as inMemory() or sqlite({ … }), not an object.',
  );
});

test('options of what tests are made with', async () => {
  expect(await told(() => untyped(fakeClock, { sed: 2 }))).toBe(
    'OPTION_INVALID fakeClock: there is no option "sed". Did you mean "seed"?',
  );
  expect(await told(() => untyped(scriptedModel, [], { jsonschema: true }))).toBe(
    'OPTION_INVALID scriptedModel: there is no option "jsonschema". Did you mean "jsonSchema"?',
  );
  expect(await told(() => untyped(modelServer, { respnd: 'ok' }))).toBe(
    'OPTION_INVALID modelServer: there is no option "respnd". Did you mean "respond"?',
  );
});
