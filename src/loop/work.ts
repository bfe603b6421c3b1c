import { CrewError, type ErrorDetails } from '../errors.ts';
import type { TaskCtx } from '../spec/engine.ts';
import type { Message } from '../spec/message.ts';
import type { ModelRequest } from '../spec/model.ts';
import type { Assignment } from './assignment.ts';

/** What a request holds beside its messages. */
export type Offer = Pick<ModelRequest, 'tools' | 'output' | 'settings'>;

/** One call as it was made before: what it last returned, and in how many turns it has returned just that. */
export interface Repeated {
  text: string;
  turns: number;
  lastTurn: number;
}

/** One assignment being worked: the conversation so far, and what has been used of each bound. */
export interface Work {
  readonly assignment: Assignment;
  readonly ctx: TaskCtx;
  /** What the model is offered while it may use tools. */
  readonly offer: Offer;
  /** What it is offered when it must answer. */
  readonly finalOffer: Offer;
  /** Replaced, never changed: a model may keep the request that it was given. */
  messages: readonly Message[];
  /** Model calls of the conversation so far. */
  turn: number;
  repairs: number;
  /** Why guardrails rejected answers, in order. */
  readonly rejections: string[];
  /** Turns in a row in which no call had valid arguments. */
  badTurns: number;
  reminded: boolean;
  delegated: boolean;
  /** Calls of tools with `maxUses`, by name. */
  readonly uses: Map<string, number>;
  /** Calls by name and arguments, and what they returned; made when a tool is first called. */
  repeats: Map<string, Repeated> | undefined;
  /** True once earlier turns were summed up, which is done once. */
  summarised: boolean;
  /** True once the model has read text from outside. */
  tainted: boolean;
  /** Every call id that the conversation has; made when a tool is first called. */
  callIds: Set<string> | undefined;
}

/** Starts the books of an assignment. Nothing is called yet. */
export function beginWork(assignment: Assignment, ctx: TaskCtx): Work {
  const finalOffer = offerOf(assignment);
  const tools = [...assignment.tools.map(describe), ...(assignment.delegation?.tools ?? [])];
  return {
    assignment,
    ctx,
    offer: tools.length === 0 ? finalOffer : { ...finalOffer, tools },
    finalOffer,
    messages: assignment.messages,
    turn: 0,
    repairs: 0,
    rejections: [],
    badTurns: 0,
    reminded: false,
    delegated: false,
    uses: new Map(),
    repeats: undefined,
    summarised: false,
    tainted: assignment.tainted,
    callIds: undefined,
  };
}

function offerOf({ settings, output, model }: Assignment): Offer {
  const withSettings = settings === undefined ? {} : { settings };
  // Providers take only objects at the root; anything else is asked for in the prompt.
  if (output === undefined || model.jsonSchema !== true || output.jsonSchema['type'] !== 'object') return withSettings;
  return { ...withSettings, output: { name: output.name, schema: output.jsonSchema } };
}

function describe({ name, description, parameters }: Assignment['tools'][number]) {
  return { name, description, parameters };
}

/** Adds to the conversation what the loop itself has to say. */
export function say(work: Work, content: string): void {
  work.messages = [...work.messages, { role: 'user', content }];
}

/** Where the work is done, for an error to carry. */
export function placeOf(work: Work): ErrorDetails {
  const { taskName, agent } = work.assignment;
  return { runId: work.ctx.runId, taskName, agent };
}

/** The error that ends work which is no longer wanted. */
export function cancelled(work: Work, signal: AbortSignal): CrewError {
  const reason: unknown = signal.reason;
  if (reason instanceof CrewError) return reason;
  return new CrewError('CANCELLED', 'The run was cancelled.', { ...placeOf(work), cause: reason });
}
