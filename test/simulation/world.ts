import type { CrewEvent, Json, ModelCallOptions, ModelRequest } from 'crewline';
import type { FaultKind } from './faults.ts';
import type { Scenario } from './scenario.ts';
import type { SimClock } from './sim-clock.ts';

/** One call of a model, as the model saw it. */
export interface Asked {
  readonly model: string;
  readonly key: string;
  readonly taskName: string;
  readonly agent: string;
  /** How often this model has been asked this by now, from 1. */
  readonly attempt: number;
  readonly request: ModelRequest;
  readonly startedAt: number;
  /** Undefined while it is under way. */
  endedAt: number | undefined;
  /** When its signal aborted, where anything looked at it. */
  abortedAt: number | undefined;
  fault: FaultKind | undefined;
  /** True when it does not hear its signal: then it may be left behind. */
  deaf: boolean;
  /** The whole text, once it has been said without a tool call. */
  said: string | undefined;
  readonly inputTokens: number;
  outputTokens: number;
}

/** One piece of the user's own code at work: a task done by code, a tool, a guardrail, a `when`. */
export interface Span {
  readonly kind: 'code' | 'tool' | 'guardrail' | 'when' | 'approve' | 'review';
  readonly name: string;
  readonly taskName: string;
  readonly key: string;
  readonly startedAt: number;
  endedAt: number | undefined;
}

/** What a task done by code was given of other tasks, in the order given. */
export interface Reading {
  readonly taskName: string;
  readonly context: readonly (readonly [name: string, output: unknown])[];
}

/** Everything around one run that the run itself does not tell: what its models, tools and callbacks saw of it. */
export class World {
  readonly scenario: Scenario;
  readonly clock: SimClock;
  readonly asked: Asked[] = [];
  readonly spans: Span[] = [];
  readonly readings: Reading[] = [];
  readonly events: CrewEvent[] = [];
  /** By task: what its code returned, its agent said or its guardrails made of that: what may be its output. */
  readonly produced = new Map<string, Json[]>();
  readonly injected = new Map<FaultKind, number>();
  /** By key: the beginning of an answer that was cut. */
  readonly cut = new Map<string, string>();
  /** Keys of the tool calls that somebody agreed to. */
  readonly agreed = new Set<string>();
  /** True once nothing goes wrong, or takes time, any more. */
  calm = false;
  /** By listener: the numbers of the events that it was called with. */
  readonly heard: number[][] = [];
  /** What the process was warned of because of this run. */
  readonly warnings: string[] = [];
  /** Conversations that have begun to call the same tool again and again. */
  readonly loops = new Map<string, { readonly name: string; readonly arguments: string }>();
  /** When the run was cancelled, and how much had been called by then. */
  cancelled: { readonly at: number; readonly asked: number; readonly spans: number } | undefined;
  readonly #attempts = new Map<string, number>();

  constructor(scenario: Scenario, clock: SimClock) {
    this.scenario = scenario;
    this.clock = clock;
  }

  ask(model: string, request: ModelRequest, options: ModelCallOptions): Asked {
    const { key, taskName, agent } = options;
    const attempt = (this.#attempts.get(`${model} ${key}`) ?? 0) + 1;
    this.#attempts.set(`${model} ${key}`, attempt);
    let chars = 0;
    for (const message of request.messages) chars += message.content.length;
    const asked: Asked = {
      model,
      key,
      taskName,
      agent,
      attempt,
      request,
      startedAt: this.clock.monotonic(),
      endedAt: undefined,
      abortedAt: undefined,
      fault: undefined,
      deaf: false,
      said: undefined,
      inputTokens: Math.ceil(chars / 4),
      outputTokens: 0,
    };
    this.asked.push(asked);
    return asked;
  }

  /** What an answer that goes on with one that was cut begins with. */
  cutBefore({ key }: Asked): string {
    return key.endsWith('.more') ? (this.cut.get(key.slice(0, -'.more'.length)) ?? '') : '';
  }

  inject(asked: Asked, fault: FaultKind): void {
    asked.fault = fault;
    this.injected.set(fault, (this.injected.get(fault) ?? 0) + 1);
  }

  begin(kind: Span['kind'], name: string, taskName: string, key = ''): Span {
    const span: Span = { kind, name, taskName, key, startedAt: this.clock.monotonic(), endedAt: undefined };
    this.spans.push(span);
    return span;
  }

  end(span: Span): void {
    span.endedAt = this.clock.monotonic();
  }

  cancel(): void {
    this.cancelled = { at: this.clock.monotonic(), asked: this.asked.length, spans: this.spans.length };
  }

  produce(taskName: string, value: Json): void {
    const known = this.produced.get(taskName);
    if (known === undefined) this.produced.set(taskName, [value]);
    else known.push(value);
  }
}
