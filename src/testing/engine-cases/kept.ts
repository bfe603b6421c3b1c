import assert from 'node:assert/strict';
import type { Ctx, Engine, ReplayRequest, RunHandle } from '../../spec/engine.ts';
import type { Json } from '../../spec/json.ts';
import type { TaskOutcome } from '../../spec/outcome.ts';
import { type EngineCase, type Probe, probe, programOf, refusal, type Script, silent } from '../engine-probe.ts';

/** An engine that keeps runs. */
type Keeping = Engine & Required<Pick<Engine, 'resume' | 'replay' | 'learnt'>>;

function keepsRuns(engine: Engine): engine is Keeping {
  return engine.resume !== undefined && engine.replay !== undefined && engine.learnt !== undefined;
}

/** A script whose run is over, on an engine that keeps it; undefined on one that keeps none. */
async function keptRun(
  makeEngine: Parameters<EngineCase['run']>[0],
  script: Script,
  inputs: Json = {},
): Promise<(Omit<Probe, 'engine'> & { readonly engine: Keeping }) | undefined> {
  const probed = await probe(makeEngine, script, inputs);
  await probed.output();
  const { engine } = probed;
  return keepsRuns(engine) ? { ...probed, engine } : undefined;
}

/** Works these tasks at once; how each ended, in that order. */
async function outcomesOf(ctx: Ctx, keys: readonly string[]): Promise<readonly TaskOutcome[]> {
  for (const key of keys) ctx.spawn(key, { of: 'all' });
  const ended = new Map<string, TaskOutcome>();
  while (ended.size < keys.length) {
    for (const { key, outcome } of (await ctx.wait({ children: 'any' })).settled) {
      if (outcome !== undefined) ended.set(key, outcome);
    }
  }
  return keys.flatMap((key) => ended.get(key) ?? []);
}

/** Two tasks and a step before them; each counts how often it was worked, and says so. */
function counting() {
  const worked: string[] = [];
  const say = (name: string) => {
    worked.push(name);
    return `${name} ${worked.filter((other) => other === name).length}`;
  };
  let mark = 1;
  const script: Script = {
    run: async (ctx, inputs) => {
      const prepared = await ctx.step('prepare', async () => [say('prepare'), inputs]);
      const outcomes = await outcomesOf(ctx, ['a', 'b']);
      return [prepared, ...outcomes.map(({ output, reusedFrom }) => [output, reusedFrom])];
    },
    tasks: { a: async () => say('a'), b: async () => say('b') },
    fingerprints: () => (key) => (key === 'b' ? `b ${mark}` : key),
    durations: { a: 10, b: 20 },
  };
  const change = () => {
    mark += 1;
  };
  return { script, worked, change };
}

function replay(engine: Keeping, crew: string, options: Partial<ReplayRequest> = {}): Promise<RunHandle> {
  const request = { runId: 'run_2', events: silent(), source: 'run_1', inputs: {}, keep: () => new Set(['a']) };
  return engine.replay(crew, { ...request, ...options });
}

/** What engines that keep runs do with earlier ones. Those that keep none have nothing to show. */
export const keptCases: readonly EngineCase[] = [
  {
    name: 'who goes on with runs also replays them, learns from them and shows what they ask; who keeps none does neither',
    async run(makeEngine) {
      const { engine } = await probe(makeEngine, { run: async () => null });
      const { resume, replay: replays, learnt, desk } = engine;
      const can = [resume, replays, learnt, desk].map((method) => method !== undefined);
      assert.equal(new Set(can).size, 1, `resume, replay, learnt, desk: ${can.join(', ')}`);
    },
  },
  {
    name: 'a replay has behind it what it keeps, works the rest, and gives all of that back when it is resumed',
    async run(makeEngine) {
      const { script, worked } = counting();
      const kept = await keptRun(makeEngine, script, { topic: 'otters' });
      if (kept === undefined) return;
      const { engine, clock } = kept;
      let recorded: readonly string[] = [];
      const keep: ReplayRequest['keep'] = (known) => {
        recorded = [...known].map(([key, status]) => `${key} ${status}`);
        return new Set(['a']);
      };
      const result = await clock.until((await replay(engine, 'newsroom', { keep })).result());
      assert.deepEqual(recorded.toSorted(), ['a done', 'b done']);
      assert.deepEqual(result.output, [
        ['prepare 1', { topic: 'otters' }],
        ['a 1', 'run_1'],
        ['b 2', null],
      ]);
      assert.equal(result.runId, 'run_2');
      const again = { runId: 'run_2', events: silent(), acceptChanges: false, decisions: {} };
      const resumed = await engine.resume('newsroom', again);
      assert.deepEqual((await clock.until(resumed.result())).output, result.output);
      assert.deepEqual(worked.toSorted(), ['a', 'b', 'b', 'prepare']);
    },
  },
  {
    name: 'a replay with another input has the others of that run, and prepares them anew',
    async run(makeEngine) {
      const { script } = counting();
      const kept = await keptRun(makeEngine, script, { topic: 'otters', tone: 'dry' });
      if (kept === undefined) return;
      const handle = await replay(kept.engine, 'newsroom', { inputs: { tone: 'kind' } });
      const { output } = await kept.clock.until(handle.result());
      assert.deepEqual(output, [
        ['prepare 2', { topic: 'otters', tone: 'kind' }],
        ['a 1', 'run_1'],
        ['b 2', null],
      ]);
    },
  },
  {
    name: 'a run that reuses another takes over what has the same fingerprint, from where it was worked',
    async run(makeEngine) {
      const { script, worked, change } = counting();
      const kept = await keptRun(makeEngine, script);
      if (kept === undefined) return;
      const { engine, clock } = kept;
      const reusing = async (runId: string, reuse: string) => {
        const handle = await engine.submit('newsroom', {}, { runId, reuse, events: silent() });
        return (await clock.until(handle.result())).output;
      };
      const all = await reusing('run_2', 'run_1');
      assert.deepEqual(all, [
        ['prepare 2', {}],
        ['a 1', 'run_1'],
        ['b 1', 'run_1'],
      ]);
      change();
      const changed = await reusing('run_3', 'run_2');
      assert.deepEqual(changed, [
        ['prepare 3', {}],
        ['a 1', 'run_1'],
        ['b 2', null],
      ]);
      // What it was worked from is kept with what was worked, and with what was taken over.
      const last = await reusing('run_4', 'run_3');
      assert.deepEqual(last, [
        ['prepare 4', {}],
        ['a 1', 'run_1'],
        ['b 2', 'run_3'],
      ]);
      assert.equal(worked.filter((name) => name !== 'prepare').length, 3);
    },
  },
  {
    name: 'an earlier run that is not there, or is one of another crew, is unknown',
    async run(makeEngine) {
      const kept = await keptRun(makeEngine, counting().script);
      if (kept === undefined) return;
      const { engine } = kept;
      await engine.start(programOf({ ...counting().script, crew: 'other' }));
      const reusing = (crew: string, reuse: string) => () =>
        engine.submit(crew, {}, { runId: 'run_2', reuse, events: silent() });
      assert.equal(await refusal(() => replay(engine, 'newsroom', { source: 'run_0' })), 'RUN_UNKNOWN');
      assert.equal(await refusal(() => replay(engine, 'other')), 'RUN_UNKNOWN');
      assert.equal(await refusal(reusing('newsroom', 'run_0')), 'RUN_UNKNOWN');
      assert.equal(await refusal(reusing('other', 'run_1')), 'RUN_UNKNOWN');
    },
  },
  {
    name: 'what the tasks of earlier runs took is learnt, in the middle; what was taken over tells nothing',
    async run(makeEngine) {
      const { script, change } = counting();
      const kept = await keptRun(makeEngine, script);
      if (kept === undefined) return;
      const { engine, clock } = kept;
      assert.equal(await engine.learnt('nobody'), undefined);
      const once = await engine.learnt('newsroom');
      assert.deepEqual([once?.runs, once?.tasks.get('a')], [1, { ms: 10, costUsd: 0 }]);
      change();
      const reusing = { runId: 'run_2', reuse: 'run_1', events: silent() };
      await clock.until((await engine.submit('newsroom', {}, reusing)).result());
      const twice = await engine.learnt('newsroom');
      assert.deepEqual([twice?.runs, twice?.tasks.get('a')?.ms, twice?.tasks.get('b')?.ms], [2, 10, 20]);
      const third = { ...reusing, runId: 'run_3', reuse: 'run_2' };
      await clock.until((await engine.submit('newsroom', {}, third)).result());
      assert.equal((await engine.learnt('newsroom'))?.runs, 2, 'nothing was worked in the third');
    },
  },
];
