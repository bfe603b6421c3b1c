import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Json } from '../../src/spec/json.ts';
import type { Tool } from '../../src/tool.ts';
import { memoryStore, sharedState } from '../../src/tools/shared-state.ts';
import { RUNS } from '../sizes.ts';
import { scope } from './workspaces.ts';

/** Calls a tool as a task would, by a call of its own. */
async function call(
  tool: Tool,
  input: Json,
  { task = 'task', key }: { readonly task?: string; readonly key?: string } = {},
) {
  const checked = await tool.check(input);
  if (!checked.ok) throw new Error(checked.problems.join());
  return checked.run({ ...scope, taskName: task, key: key ?? `${task}/1` });
}

test('a value is written for the version that was read; who comes second is told who was first and what stands', async () => {
  const [read, write] = sharedState();
  expect(await call(read, { key: 'plan' })).toMatchObject({ version: 0 });
  expect(await call(write, { key: 'plan', value: 'A', version: 0 }, { task: 'a' })).toEqual({
    written: true,
    version: 1,
  });
  expect(await call(write, { key: 'plan', value: 'B', version: 0 }, { task: 'b' })).toEqual({
    written: false,
    because: 'Task "a" wrote version 1 first.',
    value: 'A',
    version: 1,
    by: 'a',
  });
  expect(await call(write, { key: 'plan', value: 'A, B', version: 1 }, { task: 'b' })).toMatchObject({ written: true });
  expect(await call(read, { key: 'plan' })).toEqual({ value: 'A, B', version: 2, by: 'b' });
  expect(await call(read, {})).toEqual({ keys: ['plan'] });
  expect(await call(read, { key: 'plans' })).toMatchObject({ note: expect.stringContaining('Did you mean "plan"?') });
  await expect(call(write, { key: 'no', value: 'x', version: 3 })).rejects.toMatchObject({ code: 'TOOL_FAILED' });
});

test('a write that is repeated, because nobody knows whether it came through, is written once', async () => {
  const [, write] = sharedState();
  const once = () => call(write, { key: 'plan', value: 'A', version: 0 }, { key: 'a/turn.1.tool.0' });
  expect([await once(), await once()]).toEqual([
    { written: true, version: 1 },
    { written: true, version: 1 },
  ]);
});

test('a write that is repeated is known again although others have written since, for the last 100 writes of a key', async () => {
  const [read, write] = sharedState();
  const say = (version: number, by = `b/turn.${version}`) =>
    call(write, { key: 'plan', value: by, version }, { key: by });
  expect(await say(0, 'a')).toEqual({ written: true, version: 1 });
  for (let version = 1; version < 100; version += 1) await say(version);
  expect(await say(0, 'a')).toEqual({ written: true, version: 1 });
  expect(await call(read, { key: 'plan' })).toMatchObject({ value: 'b/turn.99', version: 100 });
  await say(100);
  expect(await say(0, 'a')).toMatchObject({ written: false, version: 101 });
  expect(await say(100)).toEqual({ written: true, version: 101 });
});

test('in whatever order they come, each write that is taken stands on the one before it', async () => {
  const writes = fc.array(fc.record({ by: fc.nat(4), version: fc.nat(6) }), { maxLength: 30 });
  await fc.assert(
    fc.asyncProperty(writes, async (list) => {
      const store = memoryStore();
      let version = 0;
      for (const [index, each] of list.entries()) {
        const call = String(index);
        const stands = await store.compareAndSet('k', { ...each, by: `t${each.by}`, value: call, call });
        if (each.version === version) version += 1;
        expect(stands.version).toBe(version);
        expect(stands.call === call).toBe(each.version === version - 1 && stands.value === call);
      }
      expect((await store.read('k'))?.version ?? 0).toBe(version);
    }),
    { numRuns: RUNS },
  );
});

test('options that there are not are refused, and so is what is no store', () => {
  expect(() => sharedState({ store: Object.assign({}) })).toThrow('store must be a store with read, compareAndSet and');
  expect(() => sharedState(Object.assign({ stroe: memoryStore() }))).toThrow('Did you mean "store"?');
});
