import { CrewError } from '../errors.ts';
import { checkOptions, flag, positive, type Rules, refuse, text } from '../internal/checks.ts';
import type { Message } from '../spec/message.ts';
import type { FinishReason, Model, ModelCallOptions, ModelPart, ModelRequest, TokenCount } from '../spec/model.ts';

/** A tool call that a scripted model asks for. */
export interface ScriptedToolCall {
  readonly name: string;
  /** An object is written as JSON; a string goes out as it is, so that a script can be wrong on purpose. */
  readonly arguments: object | string;
  /** @default one of its own for every call */
  readonly id?: string;
}

/** One answer in full. */
export interface ScriptedAnswer {
  /** @default what `deltas` add up to */
  readonly text?: string;
  readonly toolCalls?: readonly ScriptedToolCall[];
  /** @default 10 tokens in, 5 out */
  readonly usage?: TokenCount;
  /** @default 'toolCalls' when there are any, else 'stop' */
  readonly finishReason?: FinishReason;
  /** The text in pieces, as it arrives where somebody listens to `model.delta`. @default the text as one piece */
  readonly deltas?: readonly string[];
}

/** How one call is answered: with a text, with an answer in full, or by throwing an error. */
export type ScriptedReply = string | ScriptedAnswer | Error;

/** One step of a script: a reply, or a function that finds one by looking at the request. */
export type ScriptStep =
  | ScriptedReply
  | ((request: ModelRequest, options: ModelCallOptions) => ScriptedReply | Promise<ScriptedReply>);

/**
 * What a scripted model answers: a list for all calls, in the order they come in; or a list for each task by its name.
 * Delegated work counts to its task; a key such as `'report/Researcher'` (task, agent) is for the calls of that agent only.
 */
export type Script = readonly ScriptStep[] | { readonly [task: string]: readonly ScriptStep[] };

/** A call that a scripted model was asked. */
export interface ScriptedCall {
  readonly taskName: string;
  readonly agent: string;
  /** Names the call within its run: `research/turn.1.model`. */
  readonly key: string;
  readonly request: ModelRequest;
}

/** A model that says what its script says. */
export interface ScriptedModel extends Model {
  /** Every call so far, unexpected ones too, in the order they came in. */
  readonly calls: readonly ScriptedCall[];
  /** @throws {CrewError} `MODEL_FAILED` naming the steps that nobody asked for, and the calls that no step was left for. */
  verify(): void;
}

/** What `scriptedModel` can be told. */
export interface ScriptedModelOptions {
  /** @default 'scripted' */
  readonly name?: string;
  /** True for a model that obeys `request.output`. @default false */
  readonly jsonSchema?: boolean;
  /** What it says of its window, in tokens; it answers longer requests all the same. @default nothing */
  readonly contextWindow?: number;
}

const USAGE: TokenCount = Object.freeze({ inputTokens: 10, outputTokens: 5 });
const EXCERPT_LENGTH = 200;

/**
 * A model for tests: it answers each call with the next step of its script, and fails loudly on a call that the script
 * does not expect. Ask `verify()` at the end: it fails when steps are left over.
 *
 * ```ts
 * const model = scriptedModel({
 *   research: [{ toolCalls: [{ name: 'search', arguments: { query: 'otters' } }] }, 'Otters hold hands.'],
 *   write: [(request) => `A report on ${request.messages.length} messages`, new Error('the network is down')],
 * });
 * ```
 */
export function scriptedModel(script: Script, options: ScriptedModelOptions = {}): ScriptedModel {
  refuse(checkOptions('scriptedModel', options, RULES, []), 'scriptedModel');
  return new ScriptReader(script, options);
}

const RULES: Rules = { name: text, jsonSchema: flag, contextWindow: positive };
/** Name of the one list that serves every task. */
const EVERY_TASK = '';

class ScriptReader implements ScriptedModel {
  readonly name: string;
  readonly jsonSchema: boolean;
  readonly contextWindow?: number;
  readonly calls: ScriptedCall[] = [];
  readonly #steps: ReadonlyMap<string, readonly ScriptStep[]>;
  readonly #used = new Map<string, number>();
  readonly #unexpected: string[] = [];

  constructor(script: Script, options: ScriptedModelOptions) {
    this.name = options.name ?? 'scripted';
    this.jsonSchema = options.jsonSchema ?? false;
    if (options.contextWindow !== undefined) this.contextWindow = options.contextWindow;
    this.#steps = new Map(isList(script) ? [[EVERY_TASK, script]] : Object.entries(script));
  }

  async *generate(request: ModelRequest, options: ModelCallOptions): AsyncGenerator<ModelPart> {
    const { taskName, agent, key, signal } = options;
    this.calls.push({ taskName, agent, key, request });
    const { step, position } = this.#next(request, options);
    const reply = typeof step === 'function' ? await step(request, options) : step;
    signal.throwIfAborted();
    if (reply instanceof Error) throw reply;
    yield* parts(typeof reply === 'string' ? { text: reply } : reply, request.stream, position);
  }

  verify(): void {
    const problems = [...this.#unexpected];
    for (const [list, steps] of this.#steps) {
      const used = this.#used.get(list) ?? 0;
      if (used >= steps.length) continue;
      const whose = list === EVERY_TASK ? '' : ` of "${list}"`;
      problems.push(`${steps.length - used} of the ${steps.length} steps${whose} were not asked for.`);
    }
    if (problems.length === 0) return;
    throw new CrewError('MODEL_FAILED', `The script of model "${this.name}" did not hold:\n- ${problems.join('\n- ')}`);
  }

  #next(request: ModelRequest, { taskName, agent }: ModelCallOptions): { step: ScriptStep; position: number } {
    const list = [`${taskName}/${agent}`, taskName, EVERY_TASK].find((name) => this.#steps.has(name));
    const steps = list === undefined ? undefined : this.#steps.get(list);
    const position = this.#used.get(list ?? '') ?? 0;
    const step = steps?.[position];
    if (list !== undefined && step !== undefined) {
      this.#used.set(list, position + 1);
      return { step, position };
    }
    const asked = `Task "${taskName}" (agent "${agent}") asked: ${shown(request.messages.at(-1))}`;
    const known = [...this.#steps.keys()].map((name) => `"${name}"`).join(', ');
    const why =
      steps === undefined
        ? `the script has no steps for it, only for ${known}`
        : `the script has no step left for it: all ${steps.length} are used`;
    this.#unexpected.push(`${asked}\n  ${why}.`);
    throw new CrewError('MODEL_FAILED', `Unexpected call of model "${this.name}": ${why}. ${asked}`);
  }
}

function isList(script: Script): script is readonly ScriptStep[] {
  return Array.isArray(script);
}

function shown(message: Message | undefined): string {
  if (message === undefined) return '(no message)';
  const { role, content } = message;
  return `${role}: ${content.length > EXCERPT_LENGTH ? `${content.slice(0, EXCERPT_LENGTH)}…` : content}`;
}

function* parts(answer: ScriptedAnswer, stream: boolean, position: number): Generator<ModelPart> {
  const { toolCalls = [], usage = USAGE, deltas = [] } = answer;
  const text = answer.text ?? deltas.join('');
  if (stream && deltas.length > 0) for (const delta of deltas) yield { type: 'text', text: delta };
  else if (text !== '') yield { type: 'text', text };
  for (const [index, call] of toolCalls.entries()) {
    const { name, arguments: given, id = `call_${position + 1}_${index + 1}` } = call;
    yield { type: 'toolCall', id, name, arguments: typeof given === 'string' ? given : JSON.stringify(given) };
  }
  yield { type: 'end', finishReason: answer.finishReason ?? (toolCalls.length > 0 ? 'toolCalls' : 'stop'), usage };
}
