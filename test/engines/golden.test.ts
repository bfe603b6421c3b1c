import { chmodSync, copyFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as crewline from 'crewline';
import { sqlite } from 'crewline/sqlite';
import { describe, expect, test } from 'vitest';
import { newsroom, office } from '../fixtures/golden/crews.mjs';
import { temporaryFolder } from '../temporary-folders.ts';

const golden = fileURLToPath(new URL('../fixtures/golden', import.meta.url));
const versions = readdirSync(golden).filter((name) => name.endsWith('.db'));

/** A copy of what a version left, and the crews in a world where nothing is wrong any more. */
function left(version: string) {
  const file = join(temporaryFolder('crewline-golden-'), 'runs.db');
  copyFileSync(join(golden, version), file);
  chmodSync(file, 0o600);
  const world: { calls: string[]; isDown: boolean; hangs: boolean } = { calls: [], isDown: false, hangs: false };
  const engine = sqlite({ file, synchronous: 'normal' });
  const crews = { newsroom: newsroom(crewline, { engine, world }), office: office(crewline, { engine, world }) };
  return { ...crews, world };
}

test('there is a store of a version to go on with', () => {
  expect(versions).toContain('0.1.0.db');
});

describe.each(versions)('%s', (version) => {
  const outputs = {
    plan: { first: 'plan of tea', parts: 2 },
    never: null,
    draft: 'draft written',
    check: 'checked: draft written',
    final: 'final written',
  };

  test.each([
    ['done', []],
    ['failed', ['final']],
    ['paused', ['final']],
    ['cut', ['final']],
  ])('its run that was %s comes to the end it should have had, and repeats no call', async (runId, calls) => {
    const { newsroom: crew, world } = left(version);
    const result = await crew.resume(`run_${runId}`, { settle: true });
    expect(result.error).toBe(null);
    expect(result.status).toBe('done');
    const came = Object.entries(result.tasks).map(([name, task]) => [name, task.output]);
    expect(Object.fromEntries(came)).toEqual(outputs);
    expect(world.calls).toEqual(calls);
    expect(result.usage).toMatchObject({ modelCalls: 3, inputTokens: 30, outputTokens: 15 });
  });

  test('its call that may be made once only waits for a decision', async () => {
    const { office: crew, world } = left(version);
    const asks = await crew.resume('run_once', { settle: true });
    expect(asks).toMatchObject({ status: 'paused', error: { code: 'NEEDS_DECISION', callId: 'bill/turn.1.tool.0' } });
    const decisions = { 'bill/turn.1.tool.0': { result: 'paid' } };
    expect((await crew.resume('run_once', { decisions })).output).toBe('bill written');
    expect(world.calls).toEqual(['bill']);
  });

  test('its runs can be replayed', async () => {
    const { newsroom: crew, world } = left(version);
    const again = await crew.replay('run_done', { from: 'final' });
    expect(again.output).toBe('final written');
    expect(world.calls).toEqual(['final']);
  });
});
