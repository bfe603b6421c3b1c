import { expect, test } from 'vitest';
import { inMemory } from '../../src/engines/memory.ts';
import { type CrewError, messageOf } from '../../src/errors.ts';
import type { Assignment } from '../../src/loop/assignment.ts';
import type { Delegation } from '../../src/loop/delegation.ts';
import { workAssignment } from '../../src/loop/work-assignment.ts';
import type { Emitter, Program, TaskCtx } from '../../src/spec/engine.ts';
import type { Model } from '../../src/spec/model.ts';
import type { RunResult, TaskOutcome } from '../../src/spec/outcome.ts';
import { scriptedModel } from '../../src/testing/scripted-model.ts';
import { NO_USAGE } from '../../src/usage.ts';
import { outcomeOf } from './ctx.ts';
import { assignmentOf, echo, handModel, say } from './work.ts';

const SILENT: Emitter = { wants: () => false, emit: () => {} };

const delegation: Delegation = {
  tools: [{ name: 'delegate', description: 'Gives work away.', parameters: { type: 'object' } }],
  begin: ({ input }) => ({ status: 'begun', kind: 'work', coworker: 'Ann', request: 'do it', input }),
  end: () => {},
  unfinished: () => [],
  reminder: undefined,
};

/** A crew of one task; delegated work has a key of its own, and an agent named by its input. */
function programOf(model: Model, changes: Partial<Assignment>): Program {
  return {
    crew: 'test',
    async run(ctx): Promise<RunResult> {
      ctx.spawn('report');
      const { settled } = await ctx.wait({ children: 'any' });
      const outcome = settled[0]?.outcome;
      if (outcome === undefined) throw settled[0]?.error;
      const { status, raw, output, error } = outcome;
      const ended = status === 'skipped' ? 'failed' : status;
      return {
        runId: ctx.runId,
        crew: 'test',
        status: ended,
        raw,
        output,
        tasks: {},
        inputs: {},
        durationMs: 0,
        usage: NO_USAGE,
        error,
      };
    },
    async task(ctx: TaskCtx, input): Promise<TaskOutcome> {
      const child = ctx.key !== 'report';
      const assignment = assignmentOf(model, child ? { agent: String(Object(input).coworker) } : changes);
      return workAssignment(assignment, ctx).then(
        ({ raw, output }) => outcomeOf(ctx.key, { raw, output }),
        (error: CrewError) => {
          const status = error.code === 'CANCELLED' ? 'cancelled' : 'failed';
          return outcomeOf(ctx.key, { status, error, raw: messageOf(error) });
        },
      );
    },
  };
}

async function start(model: Model, changes: Partial<Assignment>) {
  const engine = inMemory();
  await engine.start(programOf(model, changes));
  return engine.submit('test', {}, { runId: 'run-1', events: SILENT });
}

test('on the engine in memory, tools and children of one turn run together and are answered in order', async () => {
  const to = (coworker: string) => ({ name: 'delegate', arguments: { coworker } });
  const model = scriptedModel({
    'report/Writer': [
      { toolCalls: [to('Ann'), say('a'), to('Bob'), say('b')] },
      { toolCalls: [to('Ann')] },
      (request) => request.messages.flatMap((message) => (message.role === 'tool' ? [message.content] : [])).join(', '),
      'judged: {"pass": true, "reason": ""}',
    ],
    'report/Ann': ['from Ann', 'from Ann again'],
    'report/Bob': ['from Bob'],
  });
  const run = await start(model, { tools: [echo], delegation, guardrails: [() => true, 'Fine.'] });
  expect((await run.result()).raw).toBe('from Ann, echo: a, from Bob, echo: b, from Ann again');
  expect(model.calls.map((call) => call.key)).toContain('report/turn.1.tool.2/turn.1.model');
  model.verify();
});

test('cancelling a run on the engine in memory ends parent and children as cancelled', async () => {
  let asked = 0;
  const model = handModel(async function* (_, { agent, signal }) {
    asked += 1;
    if (agent === 'Writer') {
      yield { type: 'toolCall', id: '1', name: 'delegate', arguments: '{"coworker":"Ann"}' };
      yield { type: 'end', finishReason: 'toolCalls' };
      return;
    }
    const aborted = new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('closed'))));
    void run.cancel('Enough.');
    await aborted;
  });
  const run = await start(model, { delegation });
  expect(await run.result()).toMatchObject({ status: 'cancelled', raw: 'Enough.' });
  expect(asked).toBe(2);
});
