import type { Agent } from '../agent.ts';
import { framed, markOf, shortened } from '../internal/outside.ts';
import { renderTemplate } from '../prompts/render.ts';
import type { ContextText } from '../prompts/shipped.ts';
import type { JsonObject, JsonSchema } from '../spec/json.ts';
import type { Message } from '../spec/message.ts';
import type { PromptSet } from '../spec/prompts.ts';
import type { TaskData } from '../task-shape.ts';
import type { ChildInput } from './child-input.ts';
import type { CompiledCrew } from './compiled-crew.ts';
import { NO_TASK, type Prompts, promptsOf } from './prompts-of.ts';
import { type ContextBlock, variablesOf } from './task-reading.ts';
import { coworkersOf, workerOf } from './workers.ts';

/** A task's own words, filled in. */
export interface TaskTexts {
  readonly description: string;
  readonly expectedOutput: string;
}

/** What a task's first messages are made from. `TaskReading` is one; a preview brings its own. */
export interface PromptSource {
  readonly inputs: JsonObject;
  variables(): JsonObject;
  blocks(): readonly ContextBlock[];
}

/** One agent about to begin a task. */
export interface Beginning {
  readonly task: TaskData;
  readonly agent: Agent;
  readonly reading: PromptSource;
  readonly prompts: Prompts;
  readonly texts: TaskTexts;
  /** Whom it may delegate to; empty when it may not. */
  readonly coworkers: readonly Agent[];
  /** True for the manager of a hierarchical crew. */
  readonly managed: boolean;
}

/** Who begins a task, with whom to turn to and in which words: the same for a run and for a preview of its prompt. */
export function beginningOf(crew: CompiledCrew, task: TaskData, reading: PromptSource): Beginning {
  const agent = workerOf(crew, task);
  const prompts = promptsOf(crew, task, agent);
  const managed = crew.data.process === 'hierarchical';
  const coworkers = coworkersOf(crew, agent, managed ? task : undefined);
  return { task, agent, reading, prompts, texts: rendered(task, reading, prompts), coworkers, managed };
}

function rendered(task: TaskData, reading: PromptSource, prompts: Prompts): TaskTexts {
  const variables = reading.variables();
  return {
    description: renderTemplate(task.description ?? '', variables, prompts.set),
    expectedOutput: renderTemplate(task.expectedOutput ?? '', variables, prompts.set),
  };
}

/** What the conversation about a task begins with: who the agent is, then what there is to do. */
export function firstMessages(crew: CompiledCrew, beginning: Beginning, place: Place): readonly Message[] {
  const { task, agent, reading, prompts, texts, coworkers, managed } = beginning;
  const context = inFrames(beginning, reading.blocks(), place);
  const schema = schemaInPrompt(crew, agent, task);
  const common = { ...texts, context, ...(schema !== undefined && { schema }) };
  const { inputs } = reading;
  const only = task.agent?.name;
  const content = managed
    ? prompts.render(
        'manager-task',
        { ...common, coworkers: described(crew, coworkers, inputs), ...(only !== undefined && { only }) },
        inputs,
      )
    : prompts.render('task', common, inputs);
  // The manager is told of its coworkers with the task; anyone else as part of who it is.
  const system = systemMessage(agent, prompts, {
    crew,
    inputs,
    delegates: coworkers.length > 0,
    coworkers: managed ? [] : coworkers,
  });
  return [system, ...crew.history, { role: 'user', content }];
}

/** Where in which run a conversation begins: what its marks are made from. */
export interface Place {
  readonly runId: string;
  readonly key: string;
}

/** Outputs of other tasks between tags that they cannot hold themselves, and not all of one that is long. */
function inFrames(
  { prompts, agent, reading }: Beginning,
  blocks: readonly ContextBlock[],
  { runId, key }: Place,
): readonly ContextText[] {
  if (blocks.length === 0) return [];
  const mark = markOf(runId, `${key}/context`);
  return blocks.map(({ name, text }) => ({
    name,
    ...framed(
      shortened(text, agent.maxPromptChars, (count) => leftOut(prompts, count, reading.inputs)),
      mark,
    ),
  }));
}

function leftOut(prompts: Prompts, count: number, inputs: JsonObject): string {
  return prompts.render('left-out', { count }, inputs);
}

/** What the conversation about delegated work begins with. */
export function delegatedMessages(work: {
  readonly crew: CompiledCrew;
  readonly agent: Agent;
  readonly prompts: Prompts;
  readonly coworkers: readonly Agent[];
  readonly input: ChildInput;
  readonly place: Place;
}): readonly Message[] {
  const { crew, agent, prompts, coworkers, input, place } = work;
  const { inputs, request } = input;
  const short = shortened(input.context, agent.maxPromptChars, (count) => leftOut(prompts, count, inputs));
  const { text: context, mark } = framed(short, markOf(place.runId, `${place.key}/context`));
  const from = input.chain[input.chain.length - 2] ?? '';
  const content =
    input.kind === 'work'
      ? prompts.render('delegated-work', { task: request, context, mark, from }, inputs)
      : prompts.render('delegated-question', { question: request, context, mark, from }, inputs);
  return [
    systemMessage(agent, prompts, { crew, inputs, delegates: coworkers.length > 0, coworkers }),
    { role: 'user', content },
  ];
}

/** Who an agent is says the same in every task of a run, so it is rendered once for the inputs last seen. */
const systems = new WeakMap<Prompts, { readonly inputs: JsonObject; readonly message: Message }>();

function systemMessage(
  agent: Agent,
  prompts: Prompts,
  given: {
    readonly crew: CompiledCrew;
    readonly inputs: JsonObject;
    readonly delegates: boolean;
    readonly coworkers: readonly Agent[];
  },
): Message {
  const { crew, inputs, coworkers } = given;
  const known = systems.get(prompts);
  if (known?.inputs === inputs) return known.message;
  const fill = filling(inputs, prompts.set);
  const who = { role: fill(agent.role), goal: fill(agent.goal), backstory: fill(agent.backstory) };
  const whom = {
    delegation: given.delegates,
    ...(coworkers.length > 0 && { coworkers: described(crew, coworkers, inputs) }),
  };
  const content = prompts.render('agent', { ...who, ...whom }, inputs);
  const message: Message = Object.freeze({ role: 'system', content });
  systems.set(prompts, { inputs, message });
  return message;
}

/** Fills an agent's own templates. */
function filling(inputs: JsonObject, set: PromptSet): (template: string) => string {
  return (template) => renderTemplate(template, variablesOf(inputs), set);
}

/** Coworkers as those who may turn to them see them, each filled in with its own templates. */
function described(
  crew: CompiledCrew,
  coworkers: readonly Agent[],
  inputs: JsonObject,
): { name: string; role: string; goal: string; tools: string[] }[] {
  return coworkers.map((coworker) => {
    const { name, role, goal, tools } = coworker;
    const fill = filling(inputs, promptsOf(crew, NO_TASK, coworker).set);
    return { name, role: fill(role), goal: fill(goal), tools: tools.map((tool) => tool.name) };
  });
}

const schemaTexts = new WeakMap<JsonSchema, string>();

/** The schema as text, for a model that cannot be held to it by the provider. */
function schemaInPrompt(crew: CompiledCrew, agent: Agent, task: TaskData): string | undefined {
  const schema = task.outputSchema;
  if (schema === undefined || (crew.modelOf(agent).jsonSchema === true && schema['type'] === 'object'))
    return undefined;
  let text = schemaTexts.get(schema);
  if (text === undefined) {
    text = JSON.stringify(schema, null, 2);
    schemaTexts.set(schema, text);
  }
  return text;
}
