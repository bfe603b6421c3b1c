import { CrewError } from '../errors.ts';
import { ENGINE_NAME } from '../internal/crew-engine.ts';
import { type Runtime, realRuntime } from '../internal/runtime.ts';
import type { Engine, Program, ReplayRequest, ResumeRequest, RunHandle, SubmitOptions } from '../spec/engine.ts';
import type { Json } from '../spec/json.ts';
import type { Learnt } from '../spec/learnt.ts';
import type { QuestionDesk } from '../spec/question.ts';
import type { ServeOptions, Service } from '../spec/service.ts';
import type { Desk } from './dbos/desk.ts';
import type { DbosOptions } from './dbos/options.ts';

export type { DbosOptions, QueueLimits } from './dbos/options.ts';

/**
 * Runs shared by any number of processes on any number of machines, all of which reach one Postgres: tasks are worked
 * where there is room, what is done is recorded before anything builds on it, and what a process that died was at work
 * on is taken over by others. All of them must know the crew. Calls are made at least once, results recorded exactly once.
 *
 * Needs the package `@dbos-inc/dbos-sdk`, in version 5.3.0. One process can use one Postgres.
 * @throws {CrewError} when a run is started or resumed: `ENGINE_DRIVER_MISSING` with the command that installs it,
 * `ENGINE_IN_USE`, `STORE_FAILED`, `STORE_TOO_NEW`; later `WORKER_LOST`, when this process was taken for dead.
 */
export function dbos(options: DbosOptions): Engine {
  return new DbosEngine(options);
}

class DbosEngine implements Engine {
  readonly runtime: Runtime;
  readonly #options: DbosOptions;
  /** By crew: what is begun again where this engine is used after it was stopped. */
  readonly #programs = new Map<string, Program>();
  #opening: Promise<Desk> | undefined;
  #opened: Desk | undefined;

  constructor(options: DbosOptions) {
    this.runtime = options.runtime ?? realRuntime;
    this.#options = options;
  }

  /** One until it is closed; then the next. */
  #desk(): Promise<Desk> {
    if (this.#opened?.isClosed === true) this.#opening = undefined;
    this.#opening ??= this.#open().catch((thrown: unknown) => {
      // Whoever comes next tries again.
      this.#opening = undefined;
      throw thrown;
    });
    return this.#opening;
  }

  async #open(): Promise<Desk> {
    const { Desk: Opened } = await import('./dbos/desk.ts');
    const desk = await Opened.open(this.#options);
    this.#opened = desk;
    for (const program of this.#programs.values()) await desk.start(program);
    return desk;
  }

  get [ENGINE_NAME](): string {
    return `dbos:${this.#options.url}`;
  }

  async start(program: Program): Promise<void> {
    await (await this.#desk()).start(program);
    this.#programs.set(program.crew, program);
  }

  /** Leaves the others. Whatever is begun afterwards joins them again. */
  async stop(): Promise<void> {
    if (this.#opened !== undefined) await this.#opened.close({ runs: true });
  }

  async submit(crew: string, inputs: Json, options: SubmitOptions): Promise<RunHandle> {
    return (await this.#desk()).submit(crew, inputs, options);
  }

  async resume(crew: string, options: ResumeRequest): Promise<RunHandle> {
    return (await this.#desk()).resume(crew, options);
  }

  async replay(crew: string, options: ReplayRequest): Promise<RunHandle> {
    return (await this.#desk()).replay(crew, options);
  }

  /** Makes no table, and takes no part in the work. */
  async learnt(crew: string): Promise<Learnt | undefined> {
    const { PostgresRuns } = await import('./dbos/postgres-runs.ts');
    const runs = await PostgresRuns.open(this.#options.url);
    try {
      return await runs?.learnt(crew);
    } finally {
      await runs?.close();
    }
  }

  async desk(crew: string, runId: string): Promise<QuestionDesk> {
    return (await this.#desk()).deskOf(crew, runId);
  }

  async serve(options?: ServeOptions): Promise<Service> {
    return (await this.#desk()).serve(options);
  }

  handle(runId: string): RunHandle {
    const handle = this.#opened?.handle(runId);
    if (handle !== undefined) return handle;
    throw new CrewError(
      'RUN_UNKNOWN',
      `Run ${runId} was not started in this process. crew.resume('${runId}') follows it, or goes on with it where nobody does.`,
      { runId },
    );
  }
}
