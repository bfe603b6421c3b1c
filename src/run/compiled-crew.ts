import type { Agent } from '../agent.ts';
import type { CrewData } from '../definition.ts';
import type { Graph } from '../plan/graph.ts';
import type { Spending } from '../spec/limits.ts';
import type { Message } from '../spec/message.ts';
import type { Model } from '../spec/model.ts';
import type { People } from './people.ts';

/** A crew made ready to run: what is worked out once and serves every kickoff. */
export interface CompiledCrew {
  readonly data: CrewData;
  readonly graph: Graph;
  /** The agent's own model, else the crew's, else the environment's; one object for one name. */
  modelOf(agent: Agent): Model;
  /** What its models cost. Budgets belong to a run. */
  readonly spending: Spending;
  /** The manager of a hierarchical crew. */
  manager(): Agent;
  /** Messages that every conversation goes on from; only `ask` has any. */
  readonly history: readonly Message[];
  /** Who is there, by the id of a run under way in this process. */
  readonly people: Map<string, People>;
  /** Writes a task's `outputFile`; tells where, below the working directory. */
  writeOutput(path: string, text: string): Promise<string>;
}
