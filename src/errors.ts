/** Every code an error of Crewline can carry, with what it means. */
export type ErrorCode =
  // found when a crew is built
  | 'CREW_INVALID' // several mistakes of different kinds; see `problems`
  | 'OPTION_INVALID' // a wrong value, or an option that does not exist
  | 'OPTION_WITHOUT_EFFECT' // an option that nothing would read here
  | 'NAME_INVALID'
  | 'NAME_DUPLICATE'
  | 'NAME_RESERVED' // an input named like something that templates already have
  | 'TASKS_EMPTY'
  | 'TASK_UNKNOWN'
  | 'TASK_ORDER' // a sequential task that needs a later one
  | 'AGENT_UNKNOWN'
  | 'AGENT_MISSING'
  | 'MODEL_MISSING'
  | 'GRAPH_CYCLE'
  | 'PATH_UNKNOWN' // a template names a field that the task's schema does not have
  | 'PATH_OPTIONAL' // a template prints a field that may be absent, outside an {{#if}}
  | 'SCHEMA_UNSUPPORTED'
  | 'TEMPLATE'
  // found before the first call of a run
  | 'INPUT_INVALID'
  | 'CREW_DUPLICATE'
  | 'CREW_UNKNOWN'
  | 'RUN_UNKNOWN'
  | 'ENGINE_NOT_DURABLE'
  // a model
  | 'AUTH'
  | 'QUOTA_EXHAUSTED'
  | 'RATE_LIMITED'
  | 'REQUEST_REFUSED' // the provider says that the request is wrong
  | 'PROVIDER_DOWN'
  | 'TIMEOUT'
  | 'BAD_RESPONSE'
  | 'STREAM_TRUNCATED'
  | 'OUTPUT_TRUNCATED'
  | 'CONTENT_FILTERED'
  | 'REFUSED'
  | 'CONTEXT_OVERFLOW'
  | 'MODEL_FAILED' // a model of the user's own threw
  // a task
  | 'TOOL_ARGS_INVALID'
  | 'TOOL_FAILED'
  | 'OUTPUT_INVALID'
  | 'OUTPUT_NOT_JSON'
  | 'GUARDRAIL_REJECTED'
  | 'TASK_FAILED' // a callback of the user's own threw
  | 'STEP_DUPLICATE'
  | 'STEP_ORDER'
  | 'CANCELLED'
  // tools and files
  | 'PATH_FORBIDDEN'
  | 'FILE_UNREADABLE'
  | 'FILE_TOO_LARGE'
  // the command line
  | 'CREW_FILE'
  | 'USAGE';

/** Where an error happened, and what it was made of. */
export interface ErrorDetails {
  readonly runId?: string | undefined;
  readonly taskName?: string | undefined;
  readonly agent?: string | undefined;
  readonly cause?: unknown;
}

/** The root of every error that Crewline throws: `code` to branch on, `message` saying what to do. */
export class CrewError extends Error {
  override readonly name: string = 'CrewError';
  readonly code: ErrorCode;
  readonly runId: string | undefined;
  readonly taskName: string | undefined;
  readonly agent: string | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.runId = details.runId;
    this.taskName = details.taskName;
    this.agent = details.agent;
  }
}

/** One mistake in a crew's definition. */
export interface Problem {
  readonly code: ErrorCode;
  /** Where: `task "write"`, `agent "Editor"`, `crew`. */
  readonly place: string;
  readonly message: string;
  /** For `GRAPH_CYCLE`: the walk along the cycle, ending where it began. */
  readonly path?: readonly string[];
}

/** A crew, agent, task or tool is declared wrongly. Holds every mistake; nothing has been spent. */
export class DefinitionError extends CrewError {
  override readonly name = 'DefinitionError';
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[], subject: string) {
    const first = problems[0]?.code ?? 'CREW_INVALID';
    const code = problems.every((problem) => problem.code === first) ? first : 'CREW_INVALID';
    const lines = problems.map((problem) => `${problem.place}: ${problem.message}`);
    super(code, lines.length === 1 ? `${lines[0]}` : `${subject} has ${lines.length} mistakes:\n- ${lines.join('\n- ')}`);
    this.problems = problems;
  }
}

/** What a model, or the way to it, did wrong. */
export class ModelError extends CrewError {
  override readonly name = 'ModelError';
  /** HTTP status, where there was an answer. */
  readonly status: number | undefined;
  /** The provider's id of the request, for its support. */
  readonly requestId: string | undefined;
  /** True when the same call may succeed later. */
  readonly retryable: boolean;
  /** What had been answered before it went wrong. */
  readonly text: string | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails & ModelErrorDetails = {}) {
    super(code, message, details);
    this.status = details.status;
    this.requestId = details.requestId;
    this.retryable = details.retryable ?? false;
    this.text = details.text;
  }
}

/** What is known of a failed model call. */
export interface ModelErrorDetails {
  readonly status?: number | undefined;
  readonly requestId?: string | undefined;
  readonly retryable?: boolean | undefined;
  readonly text?: string | undefined;
}

/** The message of anything that was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
