import type { ShippedVariables } from '../prompts/shipped.ts';
import type { Approve } from '../spec/approval.ts';
import type { Json, JsonObject, JsonSchema } from '../spec/json.ts';
import type { CrewTimeouts, Spending } from '../spec/limits.ts';
import type { Message } from '../spec/message.ts';
import type { Model, ModelSettings } from '../spec/model.ts';
import type { Schema } from '../spec/schema.ts';
import type { Guardrail, TaskView } from '../task-shape.ts';
import type { Tool } from '../tool.ts';
import type { CallRecord } from '../usage.ts';
import type { Delegation } from './delegation.ts';

/** The shipped templates that the loop itself puts before a model. */
export type LoopPrompt =
  | 'final-answer'
  | 'answer-cut'
  | 'output-repair'
  | 'guardrail-reject'
  | 'review-send-back'
  | 'judge'
  | 'judge-answer'
  | 'tool-unknown'
  | 'tool-arguments'
  | 'tool-failed'
  | 'tool-uses'
  | 'tool-refused'
  | 'tool-repeated'
  | 'outside'
  | 'left-out'
  | 'summary'
  | 'summary-material'
  | 'summary-note';

/** Renders one of them, with the overrides and the inputs that hold where the work is done. */
export type PromptFunction = <Name extends LoopPrompt>(name: Name, variables: ShippedVariables<Name>) => string;

/** The shape that an answer must have. */
export interface OutputShape {
  readonly schema: Schema<unknown, unknown>;
  readonly jsonSchema: JsonSchema;
  /** What the shape is called where it goes to a provider: the task's name. */
  readonly name: string;
}

/** Everything that one agent needs to do one piece of work. Plain data and pure functions; state lives in the loop. */
export interface Assignment {
  /** The graph's task, also when this is work delegated within it. */
  readonly taskName: string;
  /** Name of the agent at work. */
  readonly agent: string;
  readonly model: Model;
  readonly settings: ModelSettings | undefined;
  /** Model calls that may ask for tools; the next must answer without. At least 1. */
  readonly maxTurns: number;
  /** What the conversation starts with: system, perhaps history, user. */
  readonly messages: readonly Message[];
  /** Names are unique, also among the delegation's tools. */
  readonly tools: readonly Tool[];
  /** Told of every tool that is really called, before it is. */
  readonly onTool: (tool: Tool) => void;
  /** Who agrees to calls that need it; undefined when nobody is there. */
  readonly approve: Approve | undefined;
  /** What becomes of such a call then: it is refused, its answer is waited for, or the run pauses until there is one. */
  readonly absent: 'refuse' | 'wait' | 'pause';
  /** Shows an answer that is finished but for this to a person; undefined where nobody has to see it. */
  readonly review: ((draft: Pick<Answer, 'output' | 'raw'>) => Promise<Reviewed>) | undefined;
  /** With `'tainted'`, calls that reach out of here need approval once the model has read text from outside. */
  readonly approvals: 'declared' | 'tainted';
  /** True when what the conversation starts with holds text from outside already. */
  readonly tainted: boolean;
  /** Characters of one text from outside that the conversation holds. */
  readonly maxPromptChars: number;
  /** How long something of the user's may go on after a cancellation. */
  readonly cancelGraceMs: number;
  /** How long an approval and a guardrail are waited for. */
  readonly timeouts: Pick<Required<CrewTimeouts>, 'approvalMs' | 'guardrailMs'>;
  /** Undefined: this agent works alone. */
  readonly delegation: Delegation | undefined;
  /** Undefined: the answer is text. */
  readonly output: OutputShape | undefined;
  /** Functions, or sentences that the model judges the answer by. */
  readonly guardrails: readonly (string | Guardrail)[];
  /** New answers asked for after rejections. */
  readonly guardrailMaxRetries: number;
  /** What guardrails read. */
  readonly view: TaskView<JsonObject>;
  /** What was asked for, rendered, for the judge of a text guardrail. */
  readonly description: string;
  readonly expectedOutput: string;
  readonly prompt: PromptFunction;
  /** What pays for its model calls. */
  readonly spending: Spending;
  /** Told of every model call once, on a replay too: judges, repairs, and calls that failed, whatever they used. */
  readonly onCall: (record: CallRecord) => void;
}

/** What a person made of an answer. */
export type Reviewed =
  | { readonly kind: 'accepted'; readonly output: Json }
  | { readonly kind: 'sentBack'; readonly reason: string };

/** What came of the work. */
export interface Answer {
  /** What the schema made of the answer; the text when there is no schema. */
  readonly output: Json;
  /** The answer as text; JSON text of `output` when there is a schema. */
  readonly raw: string;
  /** True when the model had read text from outside. */
  readonly tainted: boolean;
}
