import type { Agent } from '../agent.ts';
import { CrewError } from '../errors.ts';
import { renderTemplate } from '../prompts/render.ts';
import type { TaskCtx } from '../spec/engine.ts';
import type { Json, JsonObject } from '../spec/json.ts';
import type { TaskOutcome } from '../spec/outcome.ts';
import type { TaskData } from '../task.ts';
import { NO_USAGE } from '../usage.ts';
import { workByAgent, workerOf } from './agent-task.ts';
import { workByCode } from './code-task.ts';
import type { CompiledCrew } from './compiled-crew.ts';
import { Ledger } from './ledger.ts';
import { asCrewError, endedTask, skippedTask, taskEnd } from './outcomes.ts';
import { promptsOf } from './prompts-of.ts';
import { readTask, type TaskReading } from './task-reading.ts';

/** One task of the graph at work. */
interface Working {
  readonly crew: CompiledCrew;
  readonly ctx: TaskCtx;
  readonly task: TaskData;
  readonly worker: Agent | undefined;
  /** Undefined for code, which calls no model. */
  readonly ledger: Ledger | undefined;
  readonly startedAt: number;
}

/** Works one task of the graph: asks `when`, has it done by code or by an agent, writes the output file. Never throws. */
export async function workTask(crew: CompiledCrew, ctx: TaskCtx, inputs: JsonObject): Promise<TaskOutcome> {
  const id = crew.graph.ids.get(ctx.key) ?? -1;
  const task = crew.graph.tasks[id];
  if (task === undefined) throw new CrewError('TASK_UNKNOWN', `Crew "${crew.data.name}" has no task "${ctx.key}".`);
  const worker = task.execute === undefined ? workerOf(crew, task) : undefined;
  const ledger = worker === undefined ? undefined : new Ledger();
  const working: Working = { crew, ctx, task, worker, ledger, startedAt: ctx.runtime.monotonic() };
  let started = false;
  try {
    const read = readTask(crew.graph, id, { ctx, inputs });
    const reading = read instanceof Promise ? await read : read;
    if (task.when !== undefined && !(await isWanted(working, reading))) {
      ctx.events.emit('task.skipped', () => ({ taskName: task.name, because: task.name }));
      return skippedTask(task.name, task.name);
    }
    started = true;
    tellStart(working);
    const done =
      task.execute === undefined
        ? await workByAgent(crew, ctx, { task, reading, ledger: ledger ?? new Ledger() })
        : await workByCode(task, ctx, reading);
    if (task.outputFile !== undefined) await writeOutput(working, reading, done.raw);
    return end(working, done, null);
  } catch (thrown) {
    if (!started) tellStart(working);
    return end(working, NO_ANSWER, thrown);
  }
}

const NO_CHILDREN: readonly never[] = Object.freeze([]);
const NO_ANSWER = Object.freeze({ output: null, raw: '' });

function isWanted({ task, ctx }: Working, reading: TaskReading): Promise<boolean> {
  return ctx.step('when', async () => task.when === undefined || Boolean(await task.when(reading)));
}

function writeOutput({ crew, ctx, task, worker }: Working, reading: TaskReading, text: string): Promise<null> {
  return ctx.step('output-file', async () => {
    const path = renderTemplate(task.outputFile ?? '', reading.variables(), promptsOf(crew, task, worker).set);
    await crew.writeOutput(path, text);
    return null;
  });
}

function tellStart({ ctx, task, worker }: Working): void {
  ctx.events.emit('task.start', () => ({ taskName: task.name, attempt: 1, ...(worker && { agent: worker.name }) }));
}

function end(working: Working, done: { readonly output: Json; readonly raw: string }, thrown: unknown): TaskOutcome {
  const { ctx, task, worker, ledger } = working;
  const where = { runId: ctx.runId, taskName: task.name, ...(worker && { agent: worker.name }) };
  const error = thrown === null ? null : asCrewError(thrown, where);
  const outcome = endedTask(task.name, {
    ...done,
    error,
    agent: worker?.name ?? null,
    durationMs: ctx.runtime.monotonic() - working.startedAt,
    usage: ledger?.usage() ?? NO_USAGE,
    children: ledger?.children ?? NO_CHILDREN,
  });
  ctx.events.emit('task.end', () => taskEnd(outcome));
  return outcome;
}
