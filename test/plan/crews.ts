import fc from 'fast-check';
import { Agent } from '../../src/agent.ts';
import type { CrewData } from '../../src/definition.ts';
import { Task } from '../../src/task.ts';
import type { TaskData } from '../../src/task-shape.ts';

/** A crew of the nouns as they are, with everything not given left out. Parallel, because most rules are about edges. */
export function crewOf(given: Partial<CrewData> & { readonly tasks: readonly TaskData[] }): CrewData {
  return {
    name: 'newsroom',
    agents: [],
    process: 'parallel',
    manager: undefined,
    model: undefined,
    inputs: undefined,
    inputsSchema: undefined,
    maxConcurrency: undefined,
    failFast: false,
    cancelGraceMs: 2_000,
    timeouts: { approvalMs: 600_000, guardrailMs: 60_000, callbackMs: 1_800_000 },
    approvals: 'declared',
    budget: undefined,
    prices: undefined,
    prompts: undefined,
    beforeKickoff: undefined,
    afterKickoff: undefined,
    ...given,
  };
}

/** A task done by code that waits for the tasks named. */
export function codeTask(name: string, dependsOn: readonly string[] = [], expectedMs?: number): TaskData {
  return new Task({ name, dependsOn, execute: () => name, ...(expectedMs === undefined ? {} : { expectedMs }) });
}

/** An agent with plain texts. */
export function agentNamed<const Name extends string>(name: Name): Agent<Name> {
  return new Agent({ role: name, goal: 'goal', backstory: 'backstory' });
}

/** Who waits for whom: `waits[i]` lists what task i waits for. */
export interface Wiring {
  readonly waits: readonly (readonly number[])[];
  readonly durations: readonly (number | undefined)[];
}

/** Tasks `t0`, `t1`, … wired as described. */
export function wiredCrew({ waits, durations }: Wiring): CrewData {
  return crewOf({
    tasks: waits.map((list, id) =>
      codeTask(
        `t${id}`,
        list.map((source) => `t${source}`),
        durations[id],
      ),
    ),
  });
}

/** Random wiring of up to 12 tasks. Without cycles each waits only for tasks of lower rank, and ranks are shuffled. */
export function wirings({ cycles }: { readonly cycles: boolean }): fc.Arbitrary<Wiring> {
  return fc.integer({ min: 1, max: 12 }).chain((size) =>
    fc
      .record({
        pairs: fc.array(fc.tuple(fc.nat(size - 1), fc.nat(size - 1)), { maxLength: size * 2 }),
        ranks: fc.shuffledSubarray([...Array(size).keys()], { minLength: size, maxLength: size }),
        durations: fc.array(fc.option(fc.integer({ min: 0, max: 1_000 }), { nil: undefined }), {
          minLength: size,
          maxLength: size,
        }),
      })
      .map(({ pairs, ranks, durations }) => {
        const waits: number[][] = Array.from({ length: size }, () => []);
        for (const [a, b] of pairs) {
          const [x, y] = [ranks[a] ?? 0, ranks[b] ?? 0];
          if (cycles) waits[x]?.push(y);
          else if (a < b) waits[y]?.push(x);
        }
        return { waits, durations };
      }),
  );
}
