import assert from 'node:assert/strict';
import type { EventType } from '../../events.ts';
import type { RunHandle } from '../../spec/engine.ts';
import { type EngineCase, gate, probe, programOf, refusal, reported, silent } from '../engine-probe.ts';
import { fakeClock } from '../fake-clock.ts';

/** What the engine itself promises: crews, runs, results, events. */
export const runCases: readonly EngineCase[] = [
  {
    name: 'a run gets its inputs and its id, and its result is what its function returned',
    async run(makeEngine) {
      const { handle, clock } = await probe(
        makeEngine,
        { run: async (ctx, inputs) => [ctx.runId, inputs] },
        { topic: 'otters' },
      );
      const result = await clock.until(handle.result());
      assert.deepEqual(result.output, ['run_1', { topic: 'otters' }]);
      assert.equal(result.runId, 'run_1');
      assert.equal(handle.runId, 'run_1');
      assert.deepEqual(await handle.result(), result, 'the result can be asked for again');
    },
  },
  {
    name: 'a run whose function throws rejects with that, and the engine goes on',
    async run(makeEngine) {
      let broken = true;
      const { engine, handle, clock } = await probe(makeEngine, {
        run: async () => {
          if (broken) throw new Error('no paper');
          return 'printed';
        },
      });
      await assert.rejects(clock.until(handle.result()), /no paper/);
      broken = false;
      const again = await engine.submit('newsroom', {}, { runId: 'run_2', events: silent() });
      assert.equal((await clock.until(again.result())).output, 'printed');
    },
  },
  {
    name: 'a crew that was not started is unknown, and so is a run',
    async run(makeEngine) {
      const engine = await makeEngine(fakeClock());
      const submit = () => engine.submit('newsroom', {}, { runId: 'run_1', events: silent() });
      assert.equal(await refusal(submit), 'CREW_UNKNOWN');
      assert.equal(await refusal(() => engine.handle('run_1')), 'RUN_UNKNOWN');
    },
  },
  {
    name: 'two crews of one name are refused; one crew may be started again',
    async run(makeEngine) {
      const engine = await makeEngine(fakeClock());
      const program = programOf({ run: async () => 'first' });
      await engine.start(program);
      await engine.start(program);
      assert.equal(await refusal(() => engine.start(programOf({ run: async () => 'second' }))), 'CREW_DUPLICATE');
      await engine.start(programOf({ crew: 'other', run: async () => 'other' }));
      const handle = await engine.submit('newsroom', {}, { runId: 'run_1', events: silent() });
      assert.equal((await handle.result()).output, 'first');
    },
  },
  {
    name: 'a run under way is found by its id',
    async run(makeEngine) {
      const { engine, clock, output } = await probe(makeEngine, {
        run: async (ctx) => (await ctx.wait({ topics: ['news'] })).signals.map(({ value }) => value),
      });
      await clock.advance(10);
      await engine.handle('run_1').signal('news', 'found', 'key-1');
      assert.deepEqual(await output(), ['found']);
    },
  },
  {
    name: 'stopping an engine waits until its runs have settled',
    async run(makeEngine) {
      const ended: string[] = [];
      const hold = gate();
      const { engine } = await probe(makeEngine, {
        run: async () => {
          await hold.opened;
          ended.push('run');
          throw new Error('a run that fails has settled too');
        },
      });
      const stopped = engine.stop().then(() => ended.push('stop'));
      await Promise.resolve();
      hold.open();
      await stopped;
      assert.deepEqual(ended, ['run', 'stop']);
    },
  },
  {
    name: 'the events of the run and of all its tasks reach the emitter, whether or not anybody listens',
    async run(makeEngine) {
      const heard: EventType[] = [];
      const clock = fakeClock();
      const engine = await makeEngine(clock);
      const log = (message: string) => () => ({ level: 'info' as const, message });
      await engine.start(
        programOf({
          run: async (ctx) => {
            ctx.events.emit('log', log('run'));
            ctx.spawn('task');
            await reported(ctx, 1);
            // Also heard by nobody: an engine that keeps events wants them all the same.
            return ctx.events.wants('log') ? 'kept' : 'told';
          },
          tasks: {
            task: async (ctx) => {
              ctx.events.emit('log', log('task'));
              return ctx.step('step', async () => ctx.events.emit('log', log('step'))).then(() => null);
            },
          },
        }),
      );
      const handle = await engine.submit(
        'newsroom',
        {},
        { runId: 'run_1', events: silent((type) => heard.push(type)) },
      );
      await clock.until(handle.result());
      assert.deepEqual(heard, ['log', 'log', 'log']);
    },
  },
  {
    name: 'a run that is cancelled before it begins starts no task',
    async run(makeEngine) {
      const clock = fakeClock();
      const engine = await makeEngine(clock);
      let begun = 0;
      await engine.start(
        programOf({
          run: async (ctx) => {
            ctx.spawn('task');
            return null;
          },
          tasks: {
            task: async () => {
              begun += 1;
              return null;
            },
          },
        }),
      );
      const onHandle = (handle: RunHandle) => void handle.cancel('Not any more.');
      const handle = await engine.submit('newsroom', {}, { runId: 'run_1', events: silent(), onHandle });
      assert.equal(await refusal(() => clock.until(handle.result())), 'CANCELLED');
      assert.equal(begun, 0);
    },
  },
];
