import { laneOf } from '../calls/lanes.ts';
import type { CrewError } from '../errors.ts';
import type { Budget, BudgetLimits, Lane, Limiter } from '../spec/limits.ts';
import { budgetOf } from './pacing.ts';
import type { RunFacts } from './run-facts.ts';

/** What bounds the calls of one run: the lanes of its models, its budgets, and the models that it calls no more. */
export class RunLimits {
  readonly #run: RunFacts;
  #budgets: Map<string, Budget> | undefined;
  #closed: Map<object, CrewError> | undefined;

  constructor(run: RunFacts) {
    this.#run = run;
  }

  limiter(lane: Lane): Limiter {
    const local = laneOf(lane, this.#run.runtime);
    return this.#run.beyond?.limiter(lane, local) ?? local;
  }

  budget(name: string, limits: BudgetLimits): Budget {
    this.#budgets ??= new Map();
    const known = this.#budgets.get(name) ?? budgetOf(name, limits, this.#run);
    this.#budgets.set(name, known);
    return known;
  }

  closed(model: object): CrewError | undefined {
    return this.#closed?.get(model);
  }

  close(model: object, reason: CrewError): void {
    this.#closed ??= new Map();
    if (!this.#closed.has(model)) this.#closed.set(model, reason);
  }
}
