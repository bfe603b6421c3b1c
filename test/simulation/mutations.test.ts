import type { CrewEvent, Engine, TaskCtx, TaskOutcome } from 'crewline';
import { expect, test } from 'vitest';
import { CANARY } from './canary.ts';
import { brokenIn } from './check.ts';
import { type Observed, type RunOptions, runSeed } from './run-seed.ts';
import { warmUp, withoutStacks } from './simulate.ts';
import { talesOf } from './tales.ts';

/** How many seeds a mistake has to show itself in. */
const SEEDS = 60;

/** The invariants that some run breaks, when every run is spoiled like this. */
async function caught(spoil: (seen: Observed) => Observed, options: RunOptions = {}): Promise<readonly string[]> {
  await warmUp();
  const found = new Set<string>();
  await withoutStacks(async () => {
    for (let seed = 1; seed <= SEEDS; seed += 1) {
      const seen = spoil(await runSeed(seed, options));
      for (const { invariant } of brokenIn(seen)) found.add(invariant);
    }
  });
  return [...found];
}

/** A run with other events: what the tales tell follows from them. */
function retold(seen: Observed, retell: (events: readonly CrewEvent[]) => readonly CrewEvent[]): Observed {
  const { world, scenario } = seen;
  world.events.splice(0, world.events.length, ...retell([...world.events]));
  const tales = talesOf(
    scenario.tasks.map(({ name }) => name),
    world.events,
  );
  return { ...seen, tales };
}

/** An engine whose tasks are worked like this. */
function engineThat(work: (ctx: TaskCtx, outcome: TaskOutcome) => TaskOutcome): RunOptions {
  const engine = (inner: Engine): Engine => ({
    runtime: inner.runtime,
    start: (program) =>
      inner.start({
        ...program,
        task: async (ctx, input) => {
          const ended = await program.task(ctx, input);
          return 'suspended' in ended ? ended : work(ctx, ended);
        },
      }),
    stop: () => inner.stop(),
    submit: (crew, inputs, options) => inner.submit(crew, inputs, options),
    handle: (runId) => inner.handle(runId),
  });
  return { engine };
}

const unspoiled = (seen: Observed) => seen;

test('runs that nobody spoils break nothing', async () => {
  expect(await caught(unspoiled)).toEqual([]);
});

test('an engine that loses an output is caught by who should have read it', async () => {
  const options = engineThat((_, outcome) =>
    outcome.status === 'done' ? { ...outcome, output: null, raw: 'null' } : outcome,
  );
  expect(await caught(unspoiled, options)).toContain('outputsAreKept');
});

test('an engine that mixes up the texts of outputs is caught', async () => {
  const options = engineThat((_, outcome) => ({ ...outcome, raw: `${outcome.raw} ` }));
  expect((await caught(unspoiled, options)).length).toBeGreaterThan(0);
});

test('an engine that calls failed what is done is caught', async () => {
  const options = engineThat((ctx, outcome) => (ctx.key === 't1' ? { ...outcome, status: 'skipped' } : outcome));
  expect(await caught(unspoiled, options)).toContain('oneEnd');
});

test('an event told twice is caught', async () => {
  const doubled = (seen: Observed) =>
    retold(seen, ([first, ...others]) => (first === undefined ? [] : [first, first, ...others]));
  expect(await caught(doubled)).toContain('numbering');
});

test('an end that is not told is caught', async () => {
  const renumbered = (events: readonly CrewEvent[]) => events.map((event, at) => ({ ...event, seq: at + 1 }));
  const muted = (seen: Observed) =>
    retold(seen, (events) => renumbered(events.filter(({ type }) => type !== 'tool.end')));
  expect(await caught(muted)).toContain('grammarOfCalls');
});

test('a task told to start before what it waits for has ended is caught', async () => {
  const hasty = (seen: Observed) =>
    retold(seen, (events) => {
      const last = events.findLast(({ type }) => type === 'task.start');
      return last === undefined
        ? events
        : [...events.slice(0, 1), { ...last, seq: 2 }, ...events.slice(1).filter((event) => event !== last)].map(
            (event, at) => ({ ...event, seq: at + 1 }),
          );
    });
  const found = await caught(hasty);
  expect(found).toContain('precedence');
});

test('a conversation in which a call is not answered is caught', async () => {
  const silenced = (seen: Observed) => {
    for (const asked of seen.world.asked) {
      const messages = asked.request.messages.filter(({ role }) => role !== 'tool');
      Object.assign(asked, { request: { ...asked.request, messages } });
    }
    return seen;
  };
  expect(await caught(silenced)).toContain('chatProtocol');
});

test('a timer, or a call, that is left behind is caught', async () => {
  expect(await caught((seen) => ({ ...seen, left: 1 }))).toContain('nothingIsLeft');
});

test('a call that is made after the run was cancelled is caught', async () => {
  const hurried = (seen: Observed) => {
    if (seen.world.cancelled !== undefined) seen.world.cancelled = { ...seen.world.cancelled, asked: 0, spans: 0 };
    return seen;
  };
  expect(await caught(hurried)).toContain('nothingAfterCancel');
});

test('a call that nobody counts is caught', async () => {
  const uncounted = (seen: Observed) => {
    seen.world.asked.pop();
    return seen;
  };
  expect(await caught(uncounted)).toContain('usageAddsUp');
});

/** A run judged by another plan than it had. */
function replanned(change: (scenario: Observed['scenario']) => Partial<Observed['scenario']>) {
  return (seen: Observed): Observed => ({ ...seen, scenario: { ...seen.scenario, ...change(seen.scenario) } });
}

test('more calls at once than a model takes are caught', async () => {
  const none = { maxConcurrency: 0 };
  const found = await caught(
    replanned(({ models }) => ({ models: models.map((plan) => ({ ...plan, limits: none })) })),
  );
  expect(found).toContain('lanesHold');
});

test('more calls in a minute than a model takes are caught', async () => {
  const one = { requestsPerMinute: 1 };
  const found = await caught(replanned(({ models }) => ({ models: models.map((plan) => ({ ...plan, limits: one })) })));
  expect(found).toContain('lanesHold');
});

test('a budget that is overspent is caught', async () => {
  expect(await caught(replanned(() => ({ budget: { modelCalls: 0 } })))).toContain('budgetsHold');
});

test('a call that is tried too often is caught', async () => {
  const none = (plan: Observed['scenario']['models'][number]) => ({ ...plan, retries: 0, route: undefined });
  const found = await caught(replanned(({ models }) => ({ models: models.map(none) })));
  expect(found).toContain('retriesAreBounded');
});

test('a task that takes longer than it may is caught', async () => {
  const hurried = replanned(({ tasks }) => ({ tasks: tasks.map((task) => ({ ...task, timeoutMs: 0 })) }));
  expect(await caught(hurried)).toContain('tasksEndInTime');
});

test('a tool that runs although nobody agreed is caught', async () => {
  const disagreed = (seen: Observed) => {
    seen.world.agreed.clear();
    return seen;
  };
  expect(await caught(disagreed)).toContain('nothingRunsUnapproved');
});

test('a secret that is told is caught', async () => {
  const careless = (seen: Observed) =>
    retold(seen, (events) =>
      events.map((event) => (event.type === 'task.end' ? { ...event, output: CANARY.reveal() } : event)),
    );
  expect(await caught(careless)).toContain('noSecretIsTold');
});

test('a scheduler that leaves places empty is caught', async () => {
  const idle = (seen: Observed) =>
    retold(seen, (events) =>
      events.map((event) => (event.type === 'run.end' ? { ...event, time: event.time + 1e7 } : event)),
    );
  expect(await caught(idle)).toContain('makespan');
});

test('more tasks at work than the crew allows are caught', async () => {
  expect(await caught(replanned(() => ({ maxConcurrency: 1 })))).toContain('runningAtMost');
});

test('a context in another order than declared is caught', async () => {
  const turned = (seen: Observed) => {
    for (const reading of seen.world.readings) Object.assign(reading, { context: [...reading.context].reverse() });
    return seen;
  };
  expect(await caught(turned)).toContain('codeReadsItsContext');
});

test('a listener that breaks without anybody being told is caught, and so is one told of twice', async () => {
  const retoldWarnings = (change: (warnings: readonly string[]) => readonly string[]) => (seen: Observed) => {
    seen.world.warnings.splice(0, Number.POSITIVE_INFINITY, ...change([...seen.world.warnings]));
    return seen;
  };
  expect(await caught(retoldWarnings(() => []))).toEqual(['listenersAreTold']);
  expect(await caught(retoldWarnings((warnings) => [...warnings, ...warnings]))).toEqual(['listenersAreTold']);
});

test('a listener that hears no more once it broke is caught', async () => {
  const deafened = (seen: Observed) => {
    for (const heard of seen.world.heard) heard.splice(1);
    return seen;
  };
  expect(await caught(deafened)).toEqual(['listenersAreTold']);
});

test('an output that is taken although a person sent it back is caught', async () => {
  const deaf = (seen: Observed) =>
    retold(seen, (events) =>
      events.map((event): CrewEvent => {
        if (event.type !== 'review.answered' || event.kind !== 'output') return event;
        return { ...event, answer: 'sendBack' };
      }),
    );
  expect(await caught(deaf)).toContain('reviewsHold');
});

test('work that goes on while a person looks at what it made is caught', async () => {
  const busy = (seen: Observed) =>
    retold(seen, (events) =>
      events
        .flatMap((event): readonly CrewEvent[] => {
          if (event.type !== 'review.requested' || event.kind !== 'output') return [event];
          const { runId, seq, time, taskName } = event;
          const at = { runId, seq, time, taskName, agent: 'A', turn: 9, callId: `busy ${event.callId}`, tool: 'busy' };
          const start = { ...at, type: 'tool.start', arguments: '{}' } as const;
          return [event, start, { ...at, type: 'tool.end', durationMs: 0, result: '' }];
        })
        .map((event, at) => ({ ...event, seq: at + 1 })),
    );
  expect(await caught(busy)).toContain('reviewsHold');
});
