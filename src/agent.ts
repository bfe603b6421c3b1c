import { model } from './internal/check-model.ts';
import {
  type Check,
  call,
  checkOptions,
  either,
  flag,
  list,
  placeOf,
  positive,
  type Rules,
  record,
  refuse,
  text,
  textRecord,
} from './internal/checks.ts';
import { frozen } from './internal/frozen.ts';
import { checkSettings, frozenSettings } from './internal/settings.ts';
import type { Model, ModelSettings } from './spec/model.ts';
import type { PromptSet } from './spec/prompts.ts';
import type { Tool } from './tool.ts';
import { sealed } from './types.ts';

/** What an agent is made of. `role`, `goal` and `backstory` are templates. */
export interface AgentOptions<Role extends string = string, Name extends string = string> {
  readonly role: Role;
  readonly goal: string;
  readonly backstory: string;
  /** Unique in a crew; coworkers are addressed by it, case and spaces ignored. @default the role as written */
  readonly name?: Name;
  /** A model, or its name for the OpenAI client, or `'offline'`. @default the crew's, then `CREWLINE_MODEL` */
  readonly model?: Model | string;
  readonly settings?: ModelSettings;
  readonly tools?: readonly Tool[];
  /** Model calls that may ask for tools; then the agent must answer with what it has. At least 1. @default 20 */
  readonly maxTurns?: number;
  /**
   * Characters of one text from outside (a tool's result, another task's output) that a prompt holds; of a longer one, its
   * beginning and its end, with a note between. Nothing else is cut: results and events have all of it. At least 200.
   * @default 300,000
   */
  readonly maxPromptChars?: number;
  /**
   * How long one piece of work by this agent may take, in milliseconds: a try of a task, or work delegated to it. Then it
   * fails with `TIMEOUT`. @default as long as its task has
   */
  readonly timeoutMs?: number;
  /** Gives the agent the two delegation tools: `true` for every other agent, or only for those listed. @default false */
  readonly allowDelegation?: boolean | readonly (Agent | string)[];
  /** Prompt templates that replace the crew's and the shipped ones, by name. */
  readonly prompts?: PromptSet;
}

/**
 * Who works: a role, a goal and a backstory, with a model and tools. A frozen description without state: one agent may
 * work many tasks at once.
 */
export interface Agent<Name extends string = string> {
  readonly kind: 'agent';
  readonly name: Name;
  readonly role: string;
  readonly goal: string;
  readonly backstory: string;
  readonly model: Model | string | undefined;
  readonly settings: ModelSettings | undefined;
  readonly tools: readonly Tool[];
  readonly maxTurns: number;
  readonly maxPromptChars: number;
  readonly timeoutMs: number | undefined;
  /** Names of those it may delegate to; true for all others. */
  readonly allowDelegation: boolean | readonly string[];
  readonly prompts: PromptSet | undefined;
}

/** How agents are made. */
export interface AgentConstructor {
  /** @throws {DefinitionError} naming every option that is wrong. */
  new <const Role extends string, const Name extends string = Role>(options: AgentOptions<Role, Name>): Agent<Name>;
}

const isTool: Check = (value) =>
  record(value) === undefined &&
  call(Object(value).check) === undefined &&
  record(Object(value).parameters) === undefined
    ? undefined
    : 'a tool';
/** A list of tools that a model can tell apart. */
export const tools: Check = (value) => {
  if (!Array.isArray(value) || value.some((entry) => isTool(entry) !== undefined)) {
    return 'a list of tools made by tool({ … })';
  }
  const names = value.map((entry) => String(Object(entry).name));
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  return twice === undefined ? undefined : `a list of tools of different names; "${twice}" is there twice`;
};

const promptChars: Check = (value) =>
  Number.isInteger(value) && Number(value) >= 200 ? undefined : 'a whole number, at least 200';

const RULES: Rules = {
  role: text,
  goal: text,
  backstory: text,
  name: text,
  model,
  settings: record,
  tools,
  maxTurns: positive,
  maxPromptChars: promptChars,
  timeoutMs: positive,
  allowDelegation: either(flag, list),
  prompts: textRecord,
};
const DEFAULT_MAX_TURNS = 20;
/** More than any one answer of the file tools has at their defaults. */
const DEFAULT_PROMPT_CHARS = 300_000;

/** The options as the class reads them: as users wrote them, or as another agent has them. */
type PlainOptions = Pick<AgentOptions, 'role' | 'goal' | 'backstory'> & {
  readonly [K in keyof AgentOptions]?: AgentOptions[K] | undefined;
};

class AgentData implements Agent {
  readonly kind = 'agent';
  readonly name: string;
  readonly role: string;
  readonly goal: string;
  readonly backstory: string;
  readonly model: Model | string | undefined;
  readonly settings: ModelSettings | undefined;
  readonly tools: readonly Tool[];
  readonly maxTurns: number;
  readonly maxPromptChars: number;
  readonly timeoutMs: number | undefined;
  readonly allowDelegation: boolean | readonly string[];
  readonly prompts: PromptSet | undefined;

  constructor(options: PlainOptions) {
    const place = placeOf('agent', options?.name ?? options?.role);
    const problems = checkOptions(place, options, RULES, ['role', 'goal', 'backstory']);
    refuse([...problems, ...checkSettings(place, options?.settings)], place);
    const { allowDelegation = false } = options;
    this.name = options.name ?? options.role;
    this.role = options.role;
    this.goal = options.goal;
    this.backstory = options.backstory;
    this.model = options.model;
    this.settings = options.settings && frozenSettings(options.settings);
    this.tools = Object.freeze([...(options.tools ?? [])]);
    this.maxTurns = options.maxTurns ?? DEFAULT_MAX_TURNS;
    this.maxPromptChars = options.maxPromptChars ?? DEFAULT_PROMPT_CHARS;
    this.timeoutMs = options.timeoutMs;
    this.allowDelegation =
      typeof allowDelegation === 'boolean'
        ? allowDelegation
        : Object.freeze(allowDelegation.map((entry) => (typeof entry === 'string' ? entry : entry.name)));
    this.prompts = options.prompts && frozen(options.prompts);
    Object.freeze(this);
  }
}

export const Agent = sealed<AgentConstructor>(AgentData);

/** The same agent, working by itself. */
export function withoutCoworkers(agent: Agent): Agent {
  if (agent.allowDelegation === false) return agent;
  const { kind: _kind, allowDelegation: _coworkers, ...options } = agent;
  return new AgentData(options);
}
