import { CrewError } from '../errors.ts';
import { checkOptions, refuse, runtime } from '../internal/checks.ts';
import { type Runtime, realRuntime } from '../internal/runtime.ts';
import type { Engine, Program, RunHandle, SubmitOptions } from '../spec/engine.ts';
import type { Json } from '../spec/json.ts';
import { LocalRuns } from './local-runs.ts';

/** What `inMemory` can be told. */
export interface InMemoryOptions {
  /** Where time and ids come from: a test gives a fake clock. @default the real ones */
  readonly runtime?: Runtime;
}

/**
 * Runs that live in this process and are gone with it. The default engine: nothing is written, nothing is set up.
 * @throws {DefinitionError} for an option that there is not.
 */
export function inMemory(options: InMemoryOptions = {}): Engine {
  refuse(checkOptions('inMemory', options, { runtime }, []), 'inMemory');
  return new MemoryEngine(options.runtime ?? realRuntime);
}

class MemoryEngine implements Engine {
  readonly runtime: Runtime;
  readonly #local = new LocalRuns();

  constructor(runtime: Runtime) {
    this.runtime = runtime;
  }

  async start(program: Program): Promise<void> {
    this.#local.start(program);
  }

  stop(): Promise<void> {
    return this.#local.settled();
  }

  async submit(crew: string, inputs: Json, { runId, events, onHandle }: SubmitOptions): Promise<RunHandle> {
    const { runtime } = this;
    return this.#local.begin(
      this.#local.programOf(crew),
      { runId, events, runtime, journal: undefined },
      { inputs, onHandle },
    );
  }

  handle(runId: string): RunHandle {
    const run = this.#local.get(runId);
    if (run !== undefined) return run;
    throw new CrewError(
      'RUN_UNKNOWN',
      `No run ${runId} is under way here. Runs in memory are gone once they have ended.`,
    );
  }
}
