import { CrewError } from '../errors.ts';
import { findNotJson, isJson } from '../internal/json.ts';
import { describeIssues } from '../internal/schema.ts';
import type { TaskCtx } from '../spec/engine.ts';
import type { Json, JsonObject } from '../spec/json.ts';
import type { ExecuteScope, TaskData } from '../task-shape.ts';
import type { TaskReading } from './task-reading.ts';

/** Calls a task's own function. What it returns, or resolves to, is for `codeOutput` to check. */
export function runCode(task: TaskData, ctx: TaskCtx, reading: TaskReading, round: CodeRound = FIRST): unknown {
  return task.execute?.(new CodeScope(task.name, ctx, reading, round));
}

/** How often it is called, from 1, and why again. */
export interface CodeRound {
  readonly round: number;
  readonly feedback: string | undefined;
}

const FIRST: CodeRound = Object.freeze({ round: 1, feedback: undefined });

/**
 * What a function returned, as its task's output. `check` calls the schema, and waits for it no longer than there is time.
 * @throws {CrewError} `OUTPUT_NOT_JSON` naming the path, `OUTPUT_INVALID` when it does not fit the schema.
 */
export async function codeOutput(
  task: TaskData,
  returned: unknown,
  check: <T>(validate: () => T | Promise<T>) => T | Promise<T>,
): Promise<Json> {
  const { output } = task;
  if (output === undefined) return asJson(task, returned);
  const result = await check(() => output['~standard'].validate(returned));
  if (result.issues === undefined) return asJson(task, result.value);
  const issues = describeIssues(result.issues).join('; ');
  throw new CrewError(
    'OUTPUT_INVALID',
    `What execute of task "${task.name}" returned does not fit its output schema: ${issues}.`,
  );
}

/** A function's word taken as it is. One that returns nothing has nothing to say, which JSON spells null. */
export function asJson(task: TaskData, returned: unknown): Json {
  const value = returned ?? null;
  if (isJson(value)) return value;
  const where = findNotJson(value, 'output');
  const message = `The output of task "${task.name}" is not JSON: ${where}. Return plain data: texts, numbers, lists, objects.`;
  throw new CrewError('OUTPUT_NOT_JSON', message);
}

/** What `execute` sees. Fields are read through, so that an abort controller is made only for who looks at the signal. */
class CodeScope implements ExecuteScope<JsonObject> {
  readonly taskName: string;
  readonly #ctx: TaskCtx;
  readonly #reading: TaskReading;
  readonly #round: CodeRound;

  constructor(taskName: string, ctx: TaskCtx, reading: TaskReading, round: CodeRound) {
    this.#round = round;
    this.taskName = taskName;
    this.#ctx = ctx;
    this.#reading = reading;
  }

  get inputs(): JsonObject {
    return this.#reading.inputs;
  }

  get context(): JsonObject {
    return this.#reading.context;
  }

  get signal(): AbortSignal {
    return this.#ctx.signal;
  }

  get runId(): string {
    return this.#ctx.runId;
  }

  get feedback(): string | undefined {
    return this.#round.feedback;
  }

  /** A function, not a method: users take it out of the scope. The prefix keeps their names apart from Crewline's, and each round's. */
  get step(): ExecuteScope<JsonObject>['step'] {
    const ctx = this.#ctx;
    const { taskName } = this;
    const { round } = this.#round;
    const prefix = round === 1 ? 'user' : `again.${round}.user`;
    return (name, fn) =>
      ctx.step(`${prefix}.${name}`, async (scope) => {
        const value = await fn({ key: scope.key, signal: scope.signal });
        // What a resume would give back must be what there is now, whichever engine it is.
        const where = value === undefined ? undefined : findNotJson(value, 'it');
        if (where === undefined) return value;
        const message = `What step "${name}" of task "${taskName}" returned is not JSON: ${where}. Return plain data: texts, numbers, lists, objects.`;
        throw new CrewError('OUTPUT_NOT_JSON', message);
      });
  }
}
