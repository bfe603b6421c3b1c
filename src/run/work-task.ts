import type { Agent } from '../agent.ts';
import { CrewError, messageOf } from '../errors.ts';
import type { EventBody } from '../events.ts';
import { frozenJson } from '../internal/frozen.ts';
import { renderTemplate } from '../prompts/render.ts';
import type { TaskCtx } from '../spec/engine.ts';
import type { Json, JsonObject } from '../spec/json.ts';
import type { Failure, TaskOutcome } from '../spec/outcome.ts';
import type { TaskData } from '../task-shape.ts';
import { NO_USAGE } from '../usage.ts';
import { workByAgent } from './agent-task.ts';
import { asJson, codeOutput, rawOf, runCode } from './code-task.ts';
import type { CompiledCrew } from './compiled-crew.ts';
import { Ledger } from './ledger.ts';
import { asCrewError, endStatus, skippedTask, taskEnd } from './outcomes.ts';
import { promptsOf } from './prompts-of.ts';
import { readTask, type TaskReading } from './task-reading.ts';
import { workerOf } from './workers.ts';

/** Works one task of the graph: asks `when`, has it done by code or by an agent, writes the output file. Never throws. */
export function workTask(crew: CompiledCrew, ctx: TaskCtx, inputs: JsonObject): Promise<TaskOutcome> {
  const work = new TaskWork(crew, ctx);
  const { execute, when, output, outputFile } = work.task;
  const plain = execute !== undefined && when === undefined && output === undefined && outputFile === undefined;
  return plain ? workPlainly(work, ctx, inputs) : workFully(work, ctx, inputs);
}

/** Code with nothing around it. Large graphs are made of such tasks, so what each keeps while it waits is kept small. */
async function workPlainly(work: TaskWork, ctx: TaskCtx, inputs: JsonObject): Promise<TaskOutcome> {
  try {
    const reading = readTask(work.crew.graph, work.id, { ctx, inputs });
    work.tellStart();
    const output = asJson(
      work.task,
      await runCode(work.task, ctx, reading instanceof Promise ? await reading : reading),
    );
    return work.end(output, rawOf(output), null);
  } catch (thrown) {
    return work.fail(thrown, '');
  }
}

async function workFully(work: TaskWork, ctx: TaskCtx, inputs: JsonObject): Promise<TaskOutcome> {
  const { crew, task } = work;
  let raw = '';
  try {
    const reading = await readTask(crew.graph, work.id, { ctx, inputs });
    if (task.when !== undefined && !(await work.isWanted(reading))) return work.skip();
    // Cancelled while the condition was asked: nothing new starts.
    if (ctx.aborted !== undefined) throw ctx.aborted;
    work.tellStart();
    let output: Json;
    if (work.ledger === undefined) {
      output = await codeOutput(task, await runCode(task, ctx, reading));
      raw = rawOf(output);
    } else {
      ({ output, raw } = await workByAgent(crew, ctx, { task, reading, ledger: work.ledger }));
    }
    if (task.outputFile !== undefined) await work.writeOutput(reading, raw);
    return work.end(output, raw, null);
  } catch (thrown) {
    return work.fail(thrown, raw);
  }
}

/** One task of the graph at work: what is known of it, and what is told of it. */
class TaskWork {
  readonly crew: CompiledCrew;
  readonly id: number;
  readonly task: TaskData;
  /** Undefined for a task done by code, as is the ledger: no model is called. */
  readonly worker: Agent | undefined;
  readonly ledger: Ledger | undefined;
  readonly #ctx: TaskCtx;
  readonly #startedAt: number;
  #started = false;
  #outputFile: string | null = null;

  constructor(crew: CompiledCrew, ctx: TaskCtx) {
    const id = crew.graph.ids.get(ctx.key) ?? -1;
    const task = crew.graph.tasks[id];
    if (task === undefined) throw new CrewError('TASK_UNKNOWN', `Crew "${crew.data.name}" has no task "${ctx.key}".`);
    this.id = id;
    this.task = task;
    this.worker = task.execute === undefined ? workerOf(crew, task) : undefined;
    this.ledger = task.execute === undefined ? new Ledger() : undefined;
    this.crew = crew;
    this.#ctx = ctx;
    this.#startedAt = ctx.runtime.monotonic();
  }

  isWanted(reading: TaskReading): Promise<boolean> {
    const { when } = this.task;
    return this.#ctx.step('when', async () => when === undefined || Boolean(await when(reading)));
  }

  skip(): TaskOutcome {
    const { name } = this.task;
    this.#ctx.events.emit('task.skipped', () => ({ taskName: name, because: name }));
    return skippedTask(name, name);
  }

  tellStart(): void {
    this.#started = true;
    this.#ctx.events.emit('task.start', taskStart, this);
  }

  async writeOutput(reading: TaskReading, text: string): Promise<void> {
    const { name, outputFile = '' } = this.task;
    this.#outputFile = await this.#ctx.step('output-file', async () => {
      const { set } = promptsOf(this.crew, this.task, this.worker);
      const path = renderTemplate(outputFile, reading.variables(), set);
      try {
        return await this.crew.writeOutput(path, text);
      } catch (cause) {
        // The file tools' words, which do not know that this path is a task's.
        const code = cause instanceof CrewError ? cause.code : 'TASK_FAILED';
        throw new CrewError(code, `task "${name}", outputFile: ${messageOf(cause)}`, { cause });
      }
    });
  }

  end(output: Json, raw: string, error: Failure | null): TaskOutcome {
    const outcome: TaskOutcome = {
      name: this.task.name,
      status: endStatus(error),
      output: frozenJson(output),
      raw,
      agent: this.worker === undefined ? null : this.worker.name,
      durationMs: this.#ctx.runtime.monotonic() - this.#startedAt,
      usage: this.ledger === undefined ? NO_USAGE : this.ledger.usage(),
      attempts: 1,
      error,
      skippedBecause: null,
      outputFile: this.#outputFile,
      children: this.ledger === undefined ? NO_CHILDREN : this.ledger.children,
    };
    this.#ctx.events.emit('task.end', taskEnd, outcome);
    return outcome;
  }

  /** What work throws because its signal was aborted (an AbortError, as a rule) is no failure. */
  #cancellation(thrown: unknown): unknown {
    const { signal } = this.#ctx;
    if (!signal.aborted || (thrown instanceof CrewError && thrown.code === 'CANCELLED')) return thrown;
    return new CrewError('CANCELLED', messageOf(signal.reason), { cause: thrown });
  }

  /** `raw` is the answer, where there was one already: it was paid for, and only its file could not be written. */
  fail(thrown: unknown, raw: string): TaskOutcome {
    // A `when` that throws fails its task before the task has started; each end needs its start.
    if (!this.#started) this.tellStart();
    const where = { runId: this.#ctx.runId, taskName: this.task.name };
    return this.end(
      null,
      raw,
      asCrewError(
        this.#cancellation(thrown),
        this.worker === undefined ? where : { ...where, agent: this.worker.name },
      ),
    );
  }
}

function taskStart({ task, worker }: TaskWork): EventBody<'task.start'> {
  return { taskName: task.name, attempt: 1, ...(worker && { agent: worker.name }) };
}

const NO_CHILDREN: readonly never[] = Object.freeze([]);
