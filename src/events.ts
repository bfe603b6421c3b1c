import type { Json } from './spec/json.ts';
import type { BudgetKind, LimitReason } from './spec/limits.ts';
import type { QuestionId } from './spec/review.ts';
import type { Usage } from './usage.ts';

/** How a run or one of its tasks may end. */
export type RunOutcome = 'done' | 'partial' | 'failed' | 'cancelled' | 'paused';
export type TaskStatus = 'done' | 'failed' | 'skipped' | 'cancelled';

/** An error as events carry it. */
export interface EventError {
  readonly code: string;
  readonly message: string;
}

/** Where in a run something happened. `agent` is the one at work: for delegated work, the coworker. */
interface AtTask {
  readonly taskName: string;
}
interface AtAgent extends AtTask {
  readonly agent: string;
  /** From 1; a turn is one model call together with the tool calls it asked for. */
  readonly turn: number;
  /** Pairs a start with its end, unique in the run. */
  readonly callId: string;
}

interface AboutCall extends AtAgent {
  readonly kind: 'tool';
  readonly callId: QuestionId;
  readonly tool: string;
}
interface CallRequest extends AboutCall {
  readonly arguments: string;
  readonly risk: string;
}
interface CallVerdict extends AboutCall {
  readonly approved: boolean;
  readonly reason?: string;
}
interface AboutOutput extends AtTask {
  readonly kind: 'output';
  /** The question's id, unique in the run. */
  readonly callId: QuestionId;
  /** Who made the output; absent for code. */
  readonly agent?: string;
}
interface OutputRequest extends AboutOutput {
  readonly question?: string;
  readonly output: Json;
  readonly raw: string;
  /** What was wrong with the edit that was given before. */
  readonly problem?: string;
}
interface OutputVerdict extends AboutOutput {
  readonly answer: 'approve' | 'edit' | 'sendBack' | 'fail';
  /** True when nobody answered in time. */
  readonly timedOut: boolean;
  readonly reason?: string;
}

/** What each type of event tells, besides `type`, `runId`, `seq` and `time`. */
export interface EventBodies {
  'run.start': { readonly crew: string; readonly process: string; readonly inputs: Json; readonly tasks: number };
  'run.end': {
    readonly status: RunOutcome;
    readonly durationMs: number;
    readonly usage: Usage;
    readonly error?: EventError;
  };
  'task.ready': AtTask;
  'task.start': AtTask & { readonly agent?: string; readonly attempt: number };
  'task.end': AtTask & {
    readonly status: 'done' | 'failed' | 'cancelled';
    readonly agent?: string;
    /** The last try, from 1. */
    readonly attempt: number;
    readonly durationMs: number;
    readonly usage: Usage;
    readonly output?: Json;
    /** Where the answer was also written. */
    readonly outputFile?: string;
    readonly error?: EventError;
  };
  /** The task failed and is worked again after `delayMs`; `attempt` is the one that failed. */
  'task.retry': AtTask & { readonly attempt: number; readonly delayMs: number; readonly error: EventError };
  /** `because` names the task whose end made this one impossible, or is this task's own name when its `when` said no. */
  'task.skipped': AtTask & { readonly because: string };
  /**
   * The task was not worked: it had ended before, in run `from`, which is this one when it is gone on with. Stands in the
   * place of `task.start` and `task.end`.
   */
  'task.reused': AtTask & {
    readonly status: TaskStatus;
    readonly from: string;
    readonly agent?: string;
    readonly output?: Json;
    /** Where the answer was also written, then. */
    readonly outputFile?: string;
    readonly error?: EventError;
  };
  'model.start': AtAgent & { readonly model: string; readonly attempt: number };
  /** A piece of the answer, as it arrives. */
  'model.delta': AtAgent & { readonly attempt: number; readonly text: string };
  'model.end': AtAgent & {
    readonly model: string;
    readonly attempt: number;
    readonly durationMs: number;
    readonly usage?: Usage;
    readonly error?: EventError;
  };
  /** The call failed and will be made again after `delayMs`; `attempt` is the one that failed. */
  'model.retry': AtAgent & {
    readonly model: string;
    readonly attempt: number;
    readonly delayMs: number;
    readonly error: EventError;
  };
  /** The pieces told of this attempt are void: it died, or another answered first. */
  'model.superseded': AtAgent & { readonly model: string; readonly attempt: number };
  /** A call waits for its model's lane. */
  'limit.wait': AtAgent & { readonly model: string; readonly reason: LimitReason };
  'tool.start': AtAgent & { readonly tool: string; readonly arguments: string };
  /** `result` is the text that the model is shown. */
  'tool.end': AtAgent & {
    readonly tool: string;
    readonly durationMs: number;
    readonly result: string;
    readonly error?: EventError;
  };
  'delegation.start': AtAgent & {
    readonly kind: 'work' | 'question';
    readonly coworker: string;
    readonly request: string;
  };
  'delegation.end': AtAgent & {
    readonly kind: 'work' | 'question';
    readonly coworker: string;
    readonly durationMs: number;
    readonly usage: Usage;
    readonly error?: EventError;
  };
  'guardrail.end': AtTask & {
    /** Position in the task's list, from 0. */
    readonly index: number;
    readonly passed: boolean;
    readonly replaced: boolean;
    readonly reason?: string;
  };
  /** Somebody is asked to agree to a tool call, or to look at a task's output. `run.answer(callId, …)` answers. Not told of what was answered before. */
  'review.requested': CallRequest | OutputRequest;
  'review.answered': CallVerdict | OutputVerdict;
  /** 80 % of a budget is used; told once for each of its bounds. `taskName` is there for a task's own. */
  'budget.warning': {
    readonly taskName?: string;
    readonly kind: BudgetKind;
    readonly used: number;
    readonly limit: number;
  };
  /** A consumer fell behind by more than it may: these events are not coming. Told where they would have stood, once for each gap. */
  'events.dropped': { readonly from: number; readonly to: number };
  log: { readonly level: 'info' | 'warn'; readonly message: string; readonly taskName?: string };
}

export type EventType = keyof EventBodies;

/** What the maker of an event supplies. */
export type EventBody<T extends EventType> = EventBodies[T];

/** One event of a run, by type. `seq` has no gaps; `time` is in milliseconds since 1970. */
export type EventOf<T extends EventType> = {
  readonly type: T;
  readonly runId: string;
  readonly seq: number;
  readonly time: number;
} & EventBodies[T];

/** Everything a run can tell. */
export type CrewEvent = { [T in EventType]: EventOf<T> }[EventType];

/** What a run's `on` accepts, by event type. */
export type EventListener<T extends EventType> = (event: EventOf<T>) => void;
