import { CrewError } from '../errors.ts';
import { once } from '../internal/once.ts';
import type { Program, RunHandle } from '../spec/engine.ts';
import type { Json } from '../spec/json.ts';
import type { MemoryRun } from './memory-run.ts';
import type { RunFacts } from './run-facts.ts';

/** A crew that only draws its plan needs no run. */
const runs = once(() => import('./memory-run.ts'));

/** The crews that are known in this process, and their runs under way. */
export class LocalRuns {
  readonly #programs = new Map<string, Program>();
  readonly #runs = new Map<string, MemoryRun>();

  /** @throws {CrewError} `CREW_DUPLICATE`. */
  start(program: Program): void {
    const known = this.#programs.get(program.crew);
    if (known !== undefined && known !== program) {
      throw new CrewError(
        'CREW_DUPLICATE',
        `Another crew named "${program.crew}" runs on this engine already. Give one of them another name, or an engine of its own.`,
      );
    }
    this.#programs.set(program.crew, program);
  }

  /** @throws {CrewError} `CREW_UNKNOWN`. */
  programOf(crew: string): Program {
    const program = this.#programs.get(crew);
    if (program !== undefined) return program;
    throw new CrewError('CREW_UNKNOWN', `No crew named "${crew}" was started on this engine.`);
  }

  /** Works a run to its end. `over` is called then, with what was thrown where it has no result. */
  async begin(
    program: Program,
    facts: RunFacts,
    {
      inputs,
      onHandle,
      over,
    }: {
      readonly inputs: Json;
      readonly onHandle?: ((handle: RunHandle) => void) | undefined;
      readonly over?: (thrown?: unknown) => void;
    },
  ): Promise<RunHandle> {
    const { MemoryRun: Run } = await runs();
    const run = new Run(program, facts);
    this.#runs.set(facts.runId, run);
    onHandle?.(run);
    const end = (thrown?: unknown) => {
      this.#runs.delete(facts.runId);
      over?.(thrown);
    };
    // Whoever awaits the result hears of a failure there; here it only matters that the run is over.
    run.begin(inputs).then(() => end(), end);
    return run;
  }

  get(runId: string): RunHandle | undefined {
    return this.#runs.get(runId);
  }

  async settled(): Promise<void> {
    await Promise.all([...this.#runs.values()].map((run) => run.settled()));
  }
}
