import type { Agent } from '../agent.ts';
import type { CrewData } from '../definition.ts';
import type { Problem } from '../errors.ts';
import { model } from '../internal/check-model.ts';
import {
  abortSignal,
  anything,
  type Check,
  call,
  checkOptions,
  count,
  either,
  flag,
  having,
  list,
  oneOf,
  positive,
  type Rules,
  record,
  schema,
  text,
  textRecord,
} from '../internal/checks.ts';
import { frozen } from '../internal/frozen.ts';
import { isJson, isJsonObject, isObject } from '../internal/json.ts';
import { jsonSchemaOf } from '../internal/schema.ts';
import { checkBudget, checkPrices, frozenBudget, frozenPrices } from '../internal/spending.ts';
import { process } from '../process.ts';
import type { Engine } from '../spec/engine.ts';
import type { CrewTimeouts } from '../spec/limits.ts';
import type { TaskData } from '../task-shape.ts';

/** A crew's options as its class reads them, their types forgotten. */
export type CrewParts = {
  readonly name: string;
  readonly tasks: readonly TaskData[];
  readonly timeouts?: CrewTimeouts;
  readonly engine?: Engine;
} & {
  readonly [K in Exclude<keyof CrewData, 'name' | 'tasks' | 'timeouts' | 'inputsSchema'>]?: CrewData[K];
};

function made(kind: string): Check {
  return (value) => (record(value) === undefined && Object(value).kind === kind ? undefined : `made by new ${kind}`);
}

const RULES: Rules = {
  name: text,
  tasks: list,
  agents: list,
  process,
  manager: record,
  model,
  inputs: schema,
  maxConcurrency: positive,
  failFast: flag,
  cancelGraceMs: count,
  timeouts: record,
  budget: record,
  prices: record,
  prompts: textRecord,
  engine: having('an engine, such as inMemory() or sqlite({ … })', 'start', 'stop', 'submit', 'handle'),
  approvals: oneOf('declared', 'tainted'),
  beforeKickoff: call,
  afterKickoff: call,
};
const TIMEOUTS: Rules = { approvalMs: positive, guardrailMs: positive, callbackMs: positive };
const isTask = made('task');
const isAgent = made('agent');

/** What is wrong with the options themselves, before anybody looks at how they fit together. */
export function checkCrewOptions(place: string, parts: CrewParts): readonly Problem[] {
  const problems = checkOptions(place, parts, RULES, ['name', 'tasks']);
  if (problems.length > 0) return problems;
  const wrong = (message: string) => problems.push({ code: 'OPTION_INVALID', place, message });
  parts.tasks.forEach((task, index) => {
    if (isTask(task) !== undefined) wrong(`tasks[${index}] must be a task made by new Task({ … }).`);
  });
  parts.agents?.forEach((agent, index) => {
    if (isAgent(agent) !== undefined) wrong(`agents[${index}] must be an agent made by new Agent({ … }).`);
  });
  if (parts.timeouts !== undefined) {
    problems.push(...checkOptions(`${place}, timeouts`, parts.timeouts, TIMEOUTS, []));
  }
  if (parts.budget !== undefined) problems.push(...checkBudget(place, parts.budget));
  if (parts.prices !== undefined) problems.push(...checkPrices(place, parts.prices));
  if (parts.manager !== undefined && isAgent(parts.manager) !== undefined) {
    wrong('manager must be an agent made by new Agent({ … }).');
  }
  return problems;
}

/** What was meant as "do it again" must not be taken for "it was done". */
function decisions(value: unknown): string | undefined {
  const want = record(value);
  if (want !== undefined) return want;
  const wrong = Object.entries(Object(value)).find(([, entry]) => !isDecision(entry));
  if (wrong === undefined) return undefined;
  const [callId, entry] = wrong;
  return `'retry', 'skip' or { result } for each call; that of ${JSON.stringify(callId)} is ${JSON.stringify(entry) ?? typeof entry}`;
}

function isDecision(entry: unknown): boolean {
  if (entry === 'retry' || entry === 'skip') return true;
  return isObject(entry) && Object.keys(entry).join() === 'result' && isJson(entry['result']);
}

/** One name, or several. */
const names: Check = (value) =>
  (
    Array.isArray(value)
      ? value.length > 0 && value.every((entry) => text(entry) === undefined)
      : text(value) === undefined
  )
    ? undefined
    : 'the name of a task, or a list of names';
const data: Check = (value) => (isJson(value) && isJsonObject(value) ? undefined : 'an object of JSON');

const review = either(call, (value) => (value === false ? undefined : 'false'));
const PEOPLE: Rules = { approve: call, review };
const KICKOFF: Rules = { inputs: anything, signal: abortSignal, settle: flag, ...PEOPLE, reuse: text };
const REPLAY: Rules = { from: names, inputs: data, signal: abortSignal, settle: flag, ...PEOPLE };
const RESUME: Rules = { signal: abortSignal, settle: flag, ...PEOPLE, acceptChanges: flag, decisions };
const FOR_EACH: Rules = { concurrency: positive, signal: abortSignal, ...PEOPLE };
const PREVIEW: Rules = { inputs: anything, outputs: record };

/** What is wrong with how a run is to be gone on with. */
export function checkResume(place: string, runId: unknown, options: unknown): readonly Problem[] {
  return withRunId(place, runId, checkOptions(place, options, RESUME, []));
}

/** What is wrong with what is to be replayed. */
export function checkReplay(place: string, runId: unknown, options: unknown): readonly Problem[] {
  return withRunId(place, runId, checkOptions(place, options, REPLAY, ['from']));
}

function withRunId(place: string, runId: unknown, problems: readonly Problem[]): readonly Problem[] {
  if (typeof runId === 'string' && runId !== '') return problems;
  return [
    { code: 'OPTION_INVALID', place, message: 'runId must be the id of a run, as results and events tell it.' },
    ...problems,
  ];
}

/** What is wrong with how a run is to be started. The inputs themselves are the run's to judge. */
export function checkKickoff(place: string, options: unknown): readonly Problem[] {
  return checkOptions(place, options, KICKOFF, []);
}

export function checkForEach(place: string, inputs: unknown, options: unknown): readonly Problem[] {
  if (Array.isArray(inputs)) return checkOptions(place, options, FOR_EACH, []);
  return [{ code: 'OPTION_INVALID', place, message: 'needs a list of inputs, one for each kickoff.' }];
}

export function checkPreview(place: string, options: unknown): readonly Problem[] {
  return checkOptions(place, options, PREVIEW, []);
}

const DEFAULT_CANCEL_GRACE_MS = 2_000;
/** A person may be away; a run must not wait for ever. */
const APPROVAL_MS = 600_000;
const GUARDRAIL_MS = 60_000;
/** As long as a task by default. */
const CALLBACK_MS = 1_800_000;
const NO_AGENTS: readonly Agent[] = Object.freeze([]);

/** The options with their defaults. @throws {CrewError} `SCHEMA_UNSUPPORTED`. */
export function dataOf(parts: CrewParts): CrewData {
  return Object.freeze({
    name: parts.name,
    agents: parts.agents === undefined ? NO_AGENTS : Object.freeze([...parts.agents]),
    tasks: Object.freeze([...parts.tasks]),
    process: parts.process ?? 'sequential',
    manager: parts.manager,
    model: parts.model,
    inputs: parts.inputs,
    inputsSchema: parts.inputs && jsonSchemaOf(parts.inputs),
    maxConcurrency: parts.maxConcurrency,
    failFast: parts.failFast ?? false,
    cancelGraceMs: parts.cancelGraceMs ?? DEFAULT_CANCEL_GRACE_MS,
    timeouts: withDefaults(parts.timeouts),
    budget: parts.budget && frozenBudget(parts.budget),
    prices: parts.prices && frozenPrices(parts.prices),
    prompts: parts.prompts && frozen(parts.prompts),
    approvals: parts.approvals ?? 'declared',
    beforeKickoff: parts.beforeKickoff,
    afterKickoff: parts.afterKickoff,
  });
}

function withDefaults(timeouts: CrewTimeouts = {}): Required<CrewTimeouts> {
  const { approvalMs = APPROVAL_MS, guardrailMs = GUARDRAIL_MS, callbackMs = CALLBACK_MS } = timeouts;
  return Object.freeze({ approvalMs, guardrailMs, callbackMs });
}
