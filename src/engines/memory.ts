import { CrewError } from '../errors.ts';
import { once } from '../internal/once.ts';
import { type Runtime, realRuntime } from '../internal/runtime.ts';
import type { Engine, Program, RunHandle, SubmitOptions } from '../spec/engine.ts';
import type { Json } from '../spec/json.ts';
import type { MemoryRun } from './memory-run.ts';

/** What `inMemory` can be told. */
export interface InMemoryOptions {
  /** Where time and ids come from: a test gives a fake clock. @default the real ones */
  readonly runtime?: Runtime;
}

/** Runs that live in this process and are gone with it. The default engine: nothing is written, nothing is set up. */
export function inMemory(options: InMemoryOptions = {}): Engine {
  return new MemoryEngine(options.runtime ?? realRuntime);
}

/** A crew that only draws its plan needs no run. */
const runs = once(() => import('./memory-run.ts'));

class MemoryEngine implements Engine {
  readonly runtime: Runtime;
  readonly #programs = new Map<string, Program>();
  readonly #runs = new Map<string, MemoryRun>();

  constructor(runtime: Runtime) {
    this.runtime = runtime;
  }

  async start(program: Program): Promise<void> {
    const known = this.#programs.get(program.crew);
    if (known !== undefined && known !== program) {
      throw new CrewError(
        'CREW_DUPLICATE',
        `Another crew named "${program.crew}" runs on this engine already. Give one of them another name, or an engine of its own.`,
      );
    }
    this.#programs.set(program.crew, program);
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#runs.values()].map((run) => run.settled()));
  }

  async submit(crew: string, inputs: Json, { runId, events, onHandle }: SubmitOptions): Promise<RunHandle> {
    const program = this.#programs.get(crew);
    if (program === undefined) {
      throw new CrewError('CREW_UNKNOWN', `No crew named "${crew}" was started on this engine.`);
    }
    const { MemoryRun: Run } = await runs();
    const run = new Run(program, { runId, events, runtime: this.runtime });
    this.#runs.set(runId, run);
    onHandle?.(run);
    // Whoever awaits the result hears of a failure there; here it only matters that the run is over.
    run.begin(inputs).then(
      () => this.#runs.delete(runId),
      () => this.#runs.delete(runId),
    );
    return run;
  }

  handle(runId: string): RunHandle {
    const run = this.#runs.get(runId);
    if (run !== undefined) return run;
    throw new CrewError(
      'RUN_UNKNOWN',
      `No run ${runId} is under way here. Runs in memory are gone once they have ended.`,
    );
  }
}
