import { CrewError, pausesRun } from '../errors.ts';
import type { EventBody } from '../events.ts';
import type { Ints } from '../plan/graph.ts';
import { type ReadySet, readySet } from '../plan/ready-set.ts';
import type { RunCtx, Settled } from '../spec/engine.ts';
import type { Json } from '../spec/json.ts';
import type { Failure, RunResult, TaskOutcome } from '../spec/outcome.ts';
import type { CompiledCrew } from './compiled-crew.ts';
import { brokenTask, cancelledTask, skippedTask, taskReused } from './outcomes.ts';
import { prepareInputs } from './prepare-inputs.ts';
import { type ResultParts, runResult } from './run-result.ts';
import { limitRun, warnRun } from './spending-of.ts';
import { urgencies } from './urgency.ts';

/** Tasks started in one go. */
const BREATH = 256;

/** What changes while a run works its graph. */
interface Progress {
  readonly crew: CompiledCrew;
  readonly ctx: RunCtx;
  /** By id: edges still waited for. */
  readonly waiting: Int32Array;
  /** By id: how the task ended. */
  readonly outcomes: (TaskOutcome | undefined)[];
  readonly ready: ReadySet;
  /** The first failure that fails the run, and the first that pauses it. */
  failure: Failure | null;
  /** In a sequential crew: the first task without an outcome, whose turn it is. */
  turn: number;
  pause: Failure | null;
}

/**
 * Works the graph of one run: each task starts the moment its own edges are satisfied, one completion looks at its own
 * dependants and at nothing else. A failure ends the run or only skips what required that task, as the task says; what
 * is under way always settles. Where a task was stopped by what pauses a run, all that can do without it goes on.
 */
export async function driveRun(crew: CompiledCrew, ctx: RunCtx, given: Json): Promise<RunResult> {
  const startedAt = ctx.runtime.monotonic();
  const unlimit = limitRun(crew, ctx);
  try {
    const ended = await work(crew, ctx, given);
    const durationMs = ctx.runtime.monotonic() - startedAt;
    const pause = ended.pause ?? (ctx.aborted !== undefined && pausesRun(ctx.aborted) ? ctx.aborted : null);
    return runResult({ crew, ctx, durationMs, ...ended, pause });
  } finally {
    unlimit();
  }
}

type Ended = Pick<ResultParts, 'inputs' | 'outcomes' | 'failure' | 'pause'>;

async function work(crew: CompiledCrew, ctx: RunCtx, given: Json): Promise<Ended> {
  const { graph, data } = crew;
  let inputs: Json;
  try {
    inputs = await prepareInputs(crew, ctx, given);
  } catch (thrown) {
    const failure = failureOf(ctx, thrown);
    return { inputs: given, outcomes: graph.tasks.map(({ name }) => cancelledTask(name)), failure, pause: null };
  }
  ctx.events.emit('run.start', () => ({ crew: data.name, process: data.process, inputs, tasks: graph.size }));
  const { maxConcurrency = Number.POSITIVE_INFINITY } = data;
  const limited = maxConcurrency < graph.size;
  if (limited) ctx.limitPlaces(maxConcurrency);
  const progress: Progress = {
    crew,
    ctx,
    waiting: graph.inDegrees.slice(),
    outcomes: new Array<TaskOutcome | undefined>(graph.size),
    // Without a limit nobody has to go first, and working out who would is not worth the time.
    ready: readySet(limited ? urgencies(graph, ctx.learnt) : undefined),
    failure: null,
    turn: 0,
    pause: null,
  };
  for (let id = 0; id < graph.size; id += 1) if (progress.waiting[id] === 0) makeReady(progress, id);
  const unwatch = warnRun(crew, ctx);
  try {
    await workGraph(progress, inputs, limited);
  } finally {
    unwatch();
  }
  return { inputs, outcomes: closed(progress), failure: progress.failure, pause: progress.pause };
}

/**
 * What a run fails of before its first task: the user's own code, or nothing where the run was stopped meanwhile.
 * @throws whatever else it is: inputs that are wrong, or an engine that cannot go on, are no way for a run to end.
 */
function failureOf({ aborted }: RunCtx, thrown: unknown): CrewError | null {
  if (!(thrown instanceof CrewError)) throw thrown;
  if (aborted !== undefined && thrown.code === aborted.code) return null;
  if (thrown.code === 'TASK_FAILED' || thrown.code === 'TIMEOUT') return thrown;
  throw thrown;
}

async function workGraph(progress: Progress, inputs: Json, limited: boolean): Promise<void> {
  const { ctx } = progress;
  let running = 0;
  for (;;) {
    while (mayStart(progress) && ctx.hasPlace) {
      ctx.spawn(nameOf(progress, progress.ready.pop()), inputs);
      running += 1;
      // Tasks that end at once get to end before thousands more are started: what is short-lived costs the collector little.
      if (running % BREATH === 0) await null;
    }
    if (running === 0) break;
    const { settled } = await ctx.wait(limited && mayStart(progress) ? ANY_CHILD_OR_PLACE : ANY_CHILD);
    running -= settled.length;
    for (const child of settled) settle(progress, child);
  }
}

const ANY_CHILD = { children: 'any' } as const;
const ANY_CHILD_OR_PLACE = { children: 'any', place: true } as const;

/** Whether anything is ready, and wanted still. */
function mayStart({ ready, failure, ctx }: Progress): boolean {
  return ready.size > 0 && failure === null && ctx.aborted === undefined;
}

function nameOf({ crew }: Progress, id: number): string {
  return crew.graph.tasks[id]?.name ?? '';
}

const atTask = (taskName: string): EventBody<'task.ready'> => ({ taskName });

function makeReady(progress: Progress, id: number): void {
  progress.ready.push(id);
  progress.ctx.events.emit('task.ready', atTask, nameOf(progress, id));
}

function settle(progress: Progress, child: Settled): void {
  const id = progress.crew.graph.ids.get(child.key) ?? 0;
  const outcome = child.outcome ?? brokenTask(progress.ctx, child.key, child.error);
  if (child.outcome !== undefined && child.recorded === true) {
    progress.ctx.events.emit('task.reused', () => taskReused(progress.ctx, outcome));
  }
  if (outcome.status === 'failed' && progress.crew.graph.tasks[id]?.onFailure !== 'skipDependents') {
    fail(progress, outcome);
  }
  if (outcome.status === 'cancelled' && outcome.error !== null && pausesRun(outcome.error)) {
    progress.pause ??= outcome.error;
  }
  finish(progress, id, outcome);
}

/** A failure that is the run's: nothing new starts. */
function fail(progress: Progress, { name, error }: TaskOutcome): void {
  const { crew, ctx } = progress;
  progress.failure ??= error;
  ctx.stopAsking();
  if (!crew.data.failFast) return;
  ctx.abort(new CrewError('CANCELLED', `Task "${name}" failed, and its crew is failFast.`, { runId: ctx.runId }));
}

/** Records how a task ended and tells its dependants; what that skips is worked off here too, without recursion. */
function finish(progress: Progress, first: number, outcome: TaskOutcome): void {
  const { graph, data } = progress.crew;
  const { starts, targets, optionalEdges } = graph;
  const inOrder = data.process === 'sequential';
  progress.outcomes[first] = outcome;
  let ended: number[] | undefined;
  for (let id: number | undefined = first; id !== undefined; id = ended?.pop()) {
    const left = leaves(progress.outcomes[id]);
    const end = at(starts, id + 1);
    for (let edge = at(starts, id); edge < end; edge += 1) {
      const target = at(targets, edge);
      if (progress.outcomes[target] !== undefined) continue;
      if (left !== undefined && optionalEdges[edge] !== 1) {
        progress.outcomes[target] = without(progress, target, left);
        ended ??= [];
        ended.push(target);
        continue;
      }
      const waiting = at(progress.waiting, target) - 1;
      progress.waiting[target] = waiting;
      if (waiting === 0 && !inOrder) makeReady(progress, target);
    }
  }
  if (inOrder) takeTurn(progress);
}

/** One after another: a task that was skipped before its turn must not let the next one begin before that one's. */
function takeTurn(progress: Progress): void {
  const { outcomes, crew } = progress;
  while (outcomes[progress.turn] !== undefined) progress.turn += 1;
  if (progress.turn < crew.graph.size) makeReady(progress, progress.turn);
}

function at(ints: Ints<unknown>, index: number): number {
  return ints[index] ?? 0;
}

/** What a task without an output leaves to those who require it; undefined when it has one. */
function leaves(outcome: TaskOutcome | undefined): TaskOutcome | undefined {
  return outcome === undefined || outcome.status === 'done' ? undefined : outcome;
}

/** A task that cannot start any more: skipped, and because of whom; or stopped like the one that it requires. */
function without(progress: Progress, id: number, required: TaskOutcome): TaskOutcome {
  const name = nameOf(progress, id);
  if (required.status === 'cancelled') return cancelledTask(name);
  const because = required.skippedBecause ?? required.name;
  progress.ctx.events.emit('task.skipped', () => ({ taskName: name, because }));
  return skippedTask(name, because);
}

/** Every task with an outcome: what never started was cancelled by the failure, or by the run's end. */
function closed({ crew, outcomes }: Progress): readonly TaskOutcome[] {
  return crew.graph.tasks.map((task, id) => outcomes[id] ?? cancelledTask(task.name));
}
