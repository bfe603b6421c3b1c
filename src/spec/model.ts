import type { JsonSchema } from './json.ts';
import type { ModelLimits, RateLimitNews } from './limits.ts';
import type { Message } from './message.ts';

/** A tool as a model sees it. `parameters` is the JSON schema of its arguments, always of type `object`. */
export interface ToolDescription {
  readonly name: string;
  readonly description: string;
  readonly parameters: JsonSchema;
}

/** Settings of one model call. What a model does not know it ignores; `providerOptions` go out as they are. */
export interface ModelSettings {
  readonly temperature?: number;
  /** Upper bound of the tokens of one answer. */
  readonly maxOutputTokens?: number;
  readonly topP?: number;
  readonly stop?: readonly string[];
  readonly seed?: number;
  readonly reasoningEffort?: 'none' | 'minimal' | 'low' | 'medium' | 'high';
  /** Fields added to the request's body as they are. */
  readonly providerOptions?: { readonly [key: string]: unknown };
}

/** What a model is asked. */
export interface ModelRequest {
  readonly messages: readonly Message[];
  /** Absent or empty: the model must answer with text. */
  readonly tools?: readonly ToolDescription[];
  /** The JSON schema that the answer must satisfy. Only sent to a model whose `jsonSchema` is true. */
  readonly output?: { readonly name: string; readonly schema: JsonSchema };
  readonly settings?: ModelSettings;
  /** True when somebody listens to `model.delta`, or a silence is bounded: then text should arrive in several parts. */
  readonly stream: boolean;
}

/** Who asks, for what, and until when. */
export interface ModelCallOptions {
  /** Aborted when the answer is no longer wanted. */
  readonly signal: AbortSignal;
  readonly runId: string;
  readonly taskName: string;
  readonly agent: string;
  /** Names the call within its run, the same on every replay: `research/turn.1.model`. */
  readonly key: string;
  /**
   * To be called when something useful has arrived that is not a part yet, such as a piece of a tool call's arguments:
   * it keeps the idle limit away. Comments and white space are not useful.
   */
  progress?(): void;
}

/** Tokens of one call, as the provider counts them. Cached tokens are part of the input, reasoning part of the output. */
export interface TokenCount {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cachedInputTokens?: number;
  readonly reasoningTokens?: number;
}

/** Why an answer ended. `length`, `filter` and `refusal` are errors to the loop, never answers. */
export type FinishReason = 'stop' | 'toolCalls' | 'length' | 'filter' | 'refusal';

/** One part of an answer. The last is always `end`; an answer without it counts as cut. */
export type ModelPart =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'toolCall'; readonly id: string; readonly name: string; readonly arguments: string }
  | {
      readonly type: 'end';
      readonly finishReason: FinishReason;
      readonly usage?: TokenCount;
      readonly limits?: RateLimitNews;
    };

/**
 * Bounds of one attempt, in milliseconds. `firstByteMs` and `idleMs` hold for streamed answers: an answer is streamed when
 * somebody listens to `model.delta`, or when one of the two is set. A whole answer has `totalMs`.
 */
export interface ModelTimeouts {
  /** Until the first useful byte of a streamed answer. @default 120,000 */
  readonly firstByteMs?: number;
  /** Between two useful pieces of a streamed answer. @default 60,000 */
  readonly idleMs?: number;
  /** Until the end of the answer. @default 600,000 */
  readonly totalMs?: number;
}

/** Which models a call goes to. */
export type ModelRoute =
  /** The next is asked when one has failed for good. */
  | { readonly kind: 'fallback'; readonly models: readonly Model[] }
  /** A second call is made once the first takes longer than this percentile of the calls before it. */
  | { readonly kind: 'hedge'; readonly model: Model; readonly percentile: number };

/**
 * A language model: a request in, a stream of parts out. Anyone can write one.
 *
 * It throws what goes wrong (a `ModelError`, best) and stops soon after `signal` aborts.
 * One model object is used by many tasks at once and keeps nothing between calls.
 */
export interface Model {
  /** What usage is counted under, such as `gpt-5-mini`. */
  readonly name: string;
  /** True when `request.output` is obeyed. Otherwise the schema is put into the prompt. @default false */
  readonly jsonSchema?: boolean;
  /**
   * Tokens that a request and its answer may have together. A conversation that grows beyond it is shortened before it is
   * sent. @default unknown: it is shortened when the model says that it was too long
   */
  readonly contextWindow?: number;
  /** How many calls it takes. They belong to this object: whoever uses it shares them. @default none */
  readonly limits?: ModelLimits;
  /** How often a call that failed is made again. @default 6 */
  readonly retries?: number;
  /** How long a call may take. */
  readonly timeouts?: ModelTimeouts;
  /** Made of other models, as by `fallback` and `hedged`: then those are called, each with limits and retries of its own. */
  readonly route?: ModelRoute;
  generate(request: ModelRequest, options: ModelCallOptions): AsyncIterable<ModelPart>;
}
