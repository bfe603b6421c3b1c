import type { CrewEvent, EventBody, EventType } from '../../src/events.ts';
import { reduce } from '../../src/telemetry/reduce.ts';
import type { TreeState } from '../../src/telemetry/tree-state.ts';
import { NO_USAGE, type Usage } from '../../src/usage.ts';

/** Usage of one call with this many tokens in. */
export function tokens(inputTokens: number): Usage {
  return { ...NO_USAGE, inputTokens, modelCalls: 1 };
}

/** Makes numbered events of one run. `time` counts milliseconds from the run's start at 1,000. */
export function eventMaker(): <T extends EventType>(type: T, body: EventBody<T>, time?: number) => CrewEvent {
  let seq = 0;
  return (type, body, time = 0) => {
    seq += 1;
    const event = { type, runId: 'run_1', seq, time: 1000 + time, ...body };
    if (!isEvent(event)) throw new Error('not an event');
    return event;
  };
}

function isEvent(event: { readonly type: EventType }): event is CrewEvent {
  return event.type !== undefined;
}

/** Feeds events to a tree. */
export function teller(state: TreeState): <T extends EventType>(type: T, body: EventBody<T>, time?: number) => void {
  const make = eventMaker();
  return (type, body, time = 0) => reduce(state, make(type, body, time));
}

/** A run in the middle: done, reading, writing, delegating, failed, skipped and waiting, one task each. */
export function tellBusyRun(state: TreeState): void {
  const tell = teller(state);
  tell('run.start', { crew: 'repo-brief', process: 'parallel', inputs: {}, tasks: 7 });
  const names = ['inventory', 'dependencies', 'tests', 'architecture', 'risks'];
  for (const taskName of names) tell('task.start', { taskName, agent: AGENTS[taskName] ?? '', attempt: 1 });
  const at = (taskName: string, callId: string) => ({ taskName, agent: AGENTS[taskName] ?? '', turn: 1, callId });
  tell('model.start', { ...at('inventory', 'inventory/1'), model: 'm', attempt: 1 });
  tell(
    'model.end',
    { attempt: 1, ...at('inventory', 'inventory/1'), model: 'm', durationMs: 900, usage: tokens(2134) },
    900,
  );
  tell(
    'task.end',
    { taskName: 'inventory', attempt: 1, status: 'done', durationMs: 1234, usage: tokens(2134), output: 'x' },
    1234,
  );
  tell('tool.start', { ...at('dependencies', 'd/1'), tool: 'read_file', arguments: '{"path":"package.json"}' }, 1300);
  tell('tool.start', { ...at('dependencies', 'd/2'), tool: 'list_files', arguments: '{}' }, 1300);
  tell(
    'model.delta',
    { attempt: 1, ...at('tests', 'tests/1'), text: 'There are 213 tests, and they run in under ' },
    1400,
  );
  tell('model.delta', { attempt: 1, ...at('tests', 'tests/1'), text: 'twenty seconds on two cores' }, 1410);
  const asked = { ...at('architecture', 'architecture/1.tool.0'), kind: 'work', coworker: 'Reader' } as const;
  tell('delegation.start', { ...asked, request: 'Read the engine' }, 1500);
  tell(
    'delegation.start',
    { ...asked, callId: 'architecture/1.tool.1', coworker: 'Critic', request: 'What is wrong?' },
    1500,
  );
  tell('model.delta', {
    attempt: 1,
    taskName: 'architecture',
    agent: 'Reader',
    turn: 1,
    callId: 'architecture/1.tool.0/1',
    text: 'The engine',
  });
  tell('delegation.end', {
    ...asked,
    callId: 'architecture/1.tool.1',
    coworker: 'Critic',
    durationMs: 500,
    usage: tokens(120),
  });
  const error = { code: 'TIMEOUT', message: 'the model did not answer' };
  tell('task.end', { taskName: 'risks', attempt: 1, status: 'failed', durationMs: 2000, usage: tokens(0), error });
  tell('task.skipped', { taskName: 'advice', because: 'risks' });
}

const AGENTS: Readonly<Record<string, string>> = {
  inventory: 'Archivist',
  dependencies: 'Package analyst',
  tests: 'Tester',
  architecture: 'Architect',
  risks: 'Auditor',
  advice: 'Auditor',
  brief: 'Writer',
};

/** The tasks of that run, as a plan knows them. */
export const BUSY_TASKS = Object.entries(AGENTS).map(([name, agent]) => ({ name, agent }));
