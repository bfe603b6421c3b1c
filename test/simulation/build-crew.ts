import {
  Agent,
  Crew,
  type Engine,
  fallback,
  hedged,
  type Model,
  optional,
  type Schema,
  Task,
  type Tool,
} from 'crewline';
import { z } from 'zod';
import { simCode, simGuardrail, simTool, simWhen } from './callbacks.ts';
import type { AgentPlan, ModelPlan, OutputKind, Scenario, TaskPlan } from './scenario.ts';
import { simModel } from './sim-model.ts';
import { fallbackOf, fitting } from './words.ts';
import type { World } from './world.ts';

/** Made once: converting a schema costs as much as simulating a small run. */
const SCHEMAS: { readonly [K in OutputKind]: Schema<unknown, unknown> } = {
  object: z.object({ title: z.string().min(4), note: z.string(), count: z.number() }),
  list: z.array(z.string()),
  text: z.string().min(1),
};

const TEXT = { goal: 'Answer what is asked about {{topic}}', backstory: 'You have been here for long.' };

/** The models of a scenario. Each tells the world of the run that asks it. */
export function buildModels({ models }: Scenario, worldOf: (runId: string) => World): readonly Model[] {
  return models.map((plan) => simModel(worldOf, plan));
}

/** Makes the crew that a scenario describes, with tools and callbacks that tell the world what they see. */
export function buildCrew(world: World, engine: Engine, alone: readonly Model[]): Crew {
  const { scenario } = world;
  const models = alone.map((model, at) => routed(model, scenario.models[at]?.route, alone[(at + 1) % alone.length]));
  const tools = scenario.tools.map((plan) => simTool(world, plan));
  const agents = scenario.agents.map((plan) => simAgent(scenario, plan, { models, tools }));
  const tasks = scenario.declared.map((position) => simTask(world, position, { agents, tools }));
  const { process, maxConcurrency, ownManager, failFast, cancelGraceMs, budget } = scenario;
  const [model] = models;
  const manager = process === 'hierarchical' && ownManager && new Agent({ role: 'Boss', ...TEXT });
  return new Crew({
    name: 'simulated',
    agents,
    tasks,
    process,
    engine,
    ...(model && { model }),
    ...(manager && { manager }),
    ...(maxConcurrency !== undefined && { maxConcurrency }),
    failFast,
    ...(cancelGraceMs !== undefined && { cancelGraceMs }),
    ...(budget && { budget }),
  });
}

function routed(model: Model, route: ModelPlan['route'], next: Model | undefined): Model {
  if (route === 'hedge') return hedged(model, { percentile: 50 });
  return route === 'fallback' && next !== undefined && next !== model ? fallback([model, next]) : model;
}

function pick<T>(list: readonly T[], positions: readonly number[]): readonly T[] {
  return positions.flatMap((position) => list.slice(position, position + 1));
}

function simAgent(
  scenario: Scenario,
  plan: AgentPlan,
  { models, tools }: { readonly models: readonly Model[]; readonly tools: readonly Tool[] },
): Agent {
  const { name, maxTurns, allowDelegation, timeoutMs } = plan;
  const model = models[plan.model];
  return new Agent({
    role: name,
    ...TEXT,
    tools: pick(tools, plan.tools),
    maxTurns,
    ...(timeoutMs !== undefined && { timeoutMs }),
    allowDelegation:
      typeof allowDelegation === 'boolean'
        ? allowDelegation
        : pick(scenario.agents, allowDelegation).map((agent) => agent.name),
    ...(model && { model }),
  });
}

function simTask(
  world: World,
  position: number,
  { agents, tools }: { readonly agents: readonly Agent[]; readonly tools: readonly Tool[] },
): Task {
  const { scenario } = world;
  const plan = scenario.tasks[position];
  if (plan === undefined) throw new Error(`There is no task ${position}.`);
  const { name, needs, when } = plan;
  const entries = (kind: 'context' | 'dependsOn') =>
    needs
      .filter((need) => need.kind === kind)
      .map((need) => (need.optional ? optional(`t${need.task}`) : `t${need.task}`));
  const context = entries('context');
  const common = {
    name,
    ...(!(plan.silent && context.length === 0) && { context }),
    dependsOn: entries('dependsOn'),
    ...(when !== undefined && { when: simWhen(world, plan) }),
    ...reviewOf(scenario, position),
    ...policyOf(plan),
  };
  if (plan.by === 'code') return new Task({ ...common, execute: simCode(world, plan) });
  const agent = plan.agent === undefined ? undefined : agents[plan.agent];
  const guardrails = plan.guardrails.map((kind) => simGuardrail(world, plan, kind));
  return new Task({
    ...common,
    description: descriptionOf(plan),
    expectedOutput: 'A sentence.',
    ...(agent && { agent }),
    ...(plan.output !== undefined && { output: SCHEMAS[plan.output] }),
    ...(guardrails.length > 0 && { guardrails }),
    ...(plan.guardrailMaxRetries !== undefined && { guardrailMaxRetries: plan.guardrailMaxRetries }),
    tools: pick(tools, plan.tools),
  });
}

function reviewOf({ reviews }: Scenario, position: number) {
  const plan = reviews[position];
  if (plan === undefined) return {};
  const { timeoutMs, onTimeout } = plan;
  const humanReview = timeoutMs === undefined ? true : { timeoutMs, ...(onTimeout && { onTimeout }) };
  return { humanReview } as const;
}

function policyOf({ name, onFailure, attempts, retryDelayMs, timeoutMs, output, budget }: TaskPlan) {
  const value = output === undefined ? fallbackOf(name) : fitting(output, fallbackOf(name), '');
  return {
    ...(onFailure !== 'failRun' && { onFailure: onFailure === 'fallback' ? { fallback: value } : onFailure }),
    ...(attempts > 1 && { retry: { attempts, delayMs: retryDelayMs } }),
    ...(timeoutMs !== undefined && { timeoutMs }),
    ...(budget && { budget }),
  };
}

function descriptionOf({ name, needs }: TaskPlan): string {
  const read = needs.filter(({ kind }) => kind === 'template').map(({ task }) => `{{tasks.t${task}.raw}}`);
  return [`Do ${name} about ({{topic}}).`, ...read].join('\n');
}
