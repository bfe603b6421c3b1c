import type { ModelCallOptions } from '../spec/model.ts';
import type { Call } from './call-site.ts';

interface Asking {
  readonly call: Call;
  readonly signal: AbortSignal;
  progress(): void;
}

/** What a model is told of an attempt. The signal is read through: making one costs more than the rest of a small call. */
export class AttemptOptions implements ModelCallOptions {
  readonly runId: string;
  readonly taskName: string;
  readonly agent: string;
  readonly key: string;
  readonly #attempt: Asking;

  constructor(attempt: Asking) {
    const { ctx, taskName, agent, callId } = attempt.call;
    this.runId = ctx.runId;
    this.taskName = taskName;
    this.agent = agent;
    this.key = callId;
    this.#attempt = attempt;
  }

  get signal(): AbortSignal {
    return this.#attempt.signal;
  }

  progress(): void {
    this.#attempt.progress();
  }
}
