import { type CrewError, eventError } from '../errors.ts';
import { bounded, isPromiseLike } from '../internal/bounded.ts';
import { rawOf } from '../internal/json.ts';
import type { TaskCtx } from '../spec/engine.ts';
import type { Json, JsonObject } from '../spec/json.ts';
import type { TaskOutcome } from '../spec/outcome.ts';
import { workByAgent } from './agent-task.ts';
import { asJson, type CodeRound, codeOutput, runCode } from './code-task.ts';
import type { CompiledCrew } from './compiled-crew.ts';
import { endStatus } from './outcomes.ts';
import { reviewerOf } from './review.ts';
import { readTask, type TaskReading } from './task-reading.ts';
import { TaskWork } from './task-work.ts';

/**
 * Works one task of the graph: asks `when`, has it done by code or by an agent, as often as it may be tried, writes the
 * output file. Never throws, and ends when its time is over, whatever the user's code does.
 */
export function workTask(crew: CompiledCrew, ctx: TaskCtx, inputs: JsonObject): Promise<TaskOutcome> {
  const work = new TaskWork(crew, ctx);
  const { execute, when, output, outputFile, humanReview, retry } = work.task;
  const seen = humanReview !== undefined || outputFile !== undefined;
  const bare = when === undefined && output === undefined && !seen && retry.attempts === 1;
  return execute !== undefined && bare ? workPlainly(work, ctx, inputs) : workFully(work, ctx, inputs);
}

/** Code with nothing around it. Large graphs are made of such tasks, so what each keeps while it waits is kept small. */
async function workPlainly(work: TaskWork, ctx: TaskCtx, inputs: JsonObject): Promise<TaskOutcome> {
  try {
    const read = readTask(work.crew.graph, work.id, { ctx, inputs });
    work.tellStart();
    const reading = read instanceof Promise ? await read : read;
    work.reading = reading;
    // Cancelled by who was told of the start: nothing new starts.
    if (ctx.aborted !== undefined) throw ctx.aborted;
    const returned = runCode(work.task, ctx, reading);
    // Only what takes its time needs a bound. A race of promises for each would be most of what a small task costs.
    if (isPromiseLike(returned)) work.boundBy(returned);
    const output = asJson(work.task, await returned);
    return work.done(output, rawOf(output));
  } catch (thrown) {
    return work.fail(thrown, '');
  }
}

interface Done {
  readonly output: Json;
  readonly raw: string;
}

async function workFully(work: TaskWork, ctx: TaskCtx, inputs: JsonObject): Promise<TaskOutcome> {
  const { crew, task } = work;
  let raw = '';
  try {
    work.limitTime();
    const reading = await readTask(crew.graph, work.id, { ctx, inputs });
    work.reading = reading;
    if (task.when !== undefined && !(await work.isWanted(reading))) return work.skip();
    // Cancelled while the condition was asked: nothing new starts.
    if (ctx.aborted !== undefined) throw ctx.aborted;
    work.tellStart();
    const done = task.retry.attempts === 1 ? await workOnce(work, ctx, reading) : await workAgain(work, ctx, reading);
    raw = done.raw;
    if (task.outputFile !== undefined) {
      work.refuseLate();
      await work.writeOutput(reading, raw);
    }
    return work.done(done.output, raw);
  } catch (thrown) {
    return work.fail(thrown, raw);
  }
}

/** One try. */
async function workOnce(work: TaskWork, ctx: TaskCtx, reading: TaskReading): Promise<Done> {
  const { crew, task, ledger } = work;
  const bounds = work.bounds('the output schema', ctx);
  const review = reviewerOf({ crew, ctx, task, agent: work.worker?.name ?? null, bounds });
  if (ledger !== undefined) return workByAgent(crew, ctx, { task, reading, ledger, review });
  let output = await workByCode(work, ctx, { reading, round: 1, feedback: undefined });
  for (let round = 2; review !== undefined; round += 1) {
    const said = await review({ output, raw: rawOf(output) });
    if (said.kind === 'accepted') return { output: said.output, raw: rawOf(said.output) };
    output = await workByCode(work, ctx, { reading, round, feedback: said.reason });
  }
  return { output, raw: rawOf(output) };
}

/** Calls `execute`. What a person is to see of it is recorded, so that it is not called again once they have answered. */
async function workByCode(work: TaskWork, ctx: TaskCtx, { reading, ...call }: CodeCall): Promise<Json> {
  const { task } = work;
  const step = `output.${call.round}`;
  const make = async () => {
    // Cancelled while a person thought, or while it waited for a place: nothing new starts.
    if (ctx.aborted !== undefined) throw ctx.aborted;
    const returned = await bounded(() => runCode(task, ctx, reading, call), work.bounds('execute', ctx));
    return codeOutput(task, returned, (check) => bounded(check, work.bounds('the output schema', ctx)));
  };
  if (task.humanReview === undefined) return make();
  if (await ctx.isRecorded(step)) return ctx.step(step, make);
  let output: Json;
  try {
    output = await make();
  } catch (thrown) {
    // A try that failed stays failed when the run goes on: a person may have seen what the next one made.
    return ctx.step<Json>(step, () => Promise.reject(thrown));
  }
  return ctx.step(step, async () => output);
}

interface CodeCall extends CodeRound {
  readonly reading: TaskReading;
}

/** Tries until one succeeds, or the last has failed, or one fails that may not be repeated. */
async function workAgain(work: TaskWork, ctx: TaskCtx, reading: TaskReading): Promise<Done> {
  const { attempts, delayMs } = work.task.retry;
  for (;;) {
    // Cancelled while it waited for this try: nothing new starts.
    if (ctx.aborted !== undefined) throw ctx.aborted;
    const attempt = ctx.attempt(work.attempt);
    let back: void | Promise<void>;
    try {
      return await workOnce(work, attempt, reading);
    } catch (thrown) {
      const error = work.errorOf(thrown, attempt);
      if (work.attempt === attempts || ctx.aborted !== undefined || isFinal(error)) throw error;
      if (work.ledger?.acted === true) {
        tellActed(work, ctx);
        throw error;
      }
      tellRetry(work, ctx, error);
    } finally {
      back = attempt.end();
    }
    work.attempt += 1;
    if (delayMs > 0) await ctx.wait({ timeoutMs: delayMs });
    else if (back instanceof Promise) await back;
  }
}

/**
 * A tool that may be called once only is not called again; whether it was, by itself or by a coworker, the ledger knows.
 * That no other try is made is for the author to know, who may have not said what the tool does.
 */
function tellActed({ task }: TaskWork, ctx: TaskCtx): void {
  const message = `Task "${task.name}" is not tried again: a tool with effect 'once' was called. Declare effect: 'read' or 'idempotent' for the tools of which that is true.`;
  ctx.events.emit('log', () => ({ level: 'warn', message, taskName: task.name }));
}

/** What no other try could change: a refused key, money that is spent, somebody's no. */
const FINAL: readonly string[] = ['AUTH', 'BUDGET_EXCEEDED', 'PRICE_UNKNOWN', 'REVIEW_REJECTED', 'REVIEW_TIMEOUT'];

function isFinal(error: CrewError): boolean {
  return endStatus(error) !== 'failed' || FINAL.includes(error.code);
}

function tellRetry({ task, attempt }: TaskWork, ctx: TaskCtx, error: CrewError): void {
  const { delayMs } = task.retry;
  ctx.events.emit('task.retry', () => ({ taskName: task.name, attempt, delayMs, error: eventError(error) }));
}
