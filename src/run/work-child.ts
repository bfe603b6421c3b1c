import { CrewError } from '../errors.ts';
import { workAssignment } from '../loop/work-assignment.ts';
import type { TaskCtx } from '../spec/engine.ts';
import type { JsonObject } from '../spec/json.ts';
import type { TaskOutcome } from '../spec/outcome.ts';
import { toolsOf } from './agent-task.ts';
import { limitAgent } from './bounds.ts';
import type { ChildInput } from './child-input.ts';
import type { CompiledCrew } from './compiled-crew.ts';
import { delegationOf } from './delegate.ts';
import { Ledger } from './ledger.ts';
import { delegatedMessages } from './messages.ts';
import { asCrewError, endedTask } from './outcomes.ts';
import { absenceOf, peopleOf } from './people.ts';
import { promptsOf } from './prompts-of.ts';
import { spendingOf } from './spending-of.ts';
import { rootOf } from './urgency.ts';
import { coworkersOf } from './workers.ts';

/** Works one piece of delegated work, in its parent's slot. Never throws: a failure is told to the agent that asked. */
export async function workChild(crew: CompiledCrew, ctx: TaskCtx, input: ChildInput): Promise<TaskOutcome> {
  const startedAt = ctx.runtime.monotonic();
  const ledger = new Ledger();
  const end = (done: { readonly output: string; readonly raw: string }, error: CrewError | null) =>
    endedTask(ctx.key, {
      ...done,
      error,
      agent: input.coworker,
      durationMs: ctx.runtime.monotonic() - startedAt - ctx.stoodMs,
      usage: ledger.usage(),
      children: ledger.children,
      // What a failure says is taken for tainted by whoever reads it.
      tainted: ledger.tainted,
      acted: ledger.acted,
    });
  try {
    limitChild(crew, ctx, input);
    const { raw, tainted } = await workAssignment(childAssignment(crew, ctx, { input, ledger }), ctx);
    ledger.tainted = tainted;
    return end({ output: raw, raw }, null);
  } catch (thrown) {
    const where = { runId: ctx.runId, taskName: rootOf(ctx.key), agent: input.coworker };
    return end({ output: '', raw: '' }, asCrewError(thrown, where));
  }
}

function limitChild(crew: CompiledCrew, ctx: TaskCtx, { coworker }: ChildInput): void {
  const agent = crew.data.agents.find((other) => other.name === coworker);
  if (agent !== undefined) limitAgent(ctx, agent, rootOf(ctx.key));
}

function childAssignment(
  crew: CompiledCrew,
  ctx: TaskCtx,
  work: { readonly input: ChildInput; readonly ledger: Ledger },
): Parameters<typeof workAssignment>[0] {
  const { input, ledger } = work;
  const taskName = rootOf(ctx.key);
  const task = crew.graph.tasks[crew.graph.ids.get(taskName) ?? -1];
  const agent = crew.data.agents.find((other) => other.name === input.coworker);
  if (task === undefined || agent === undefined) {
    throw new CrewError('AGENT_UNKNOWN', `Crew "${crew.data.name}" has no agent "${input.coworker}".`);
  }
  const prompts = promptsOf(crew, task, agent);
  const coworkers = coworkersOf(crew, agent, undefined);
  const { inputs, chain, allowance } = input;
  const people = peopleOf(crew, ctx);
  return {
    taskName,
    agent: agent.name,
    model: crew.modelOf(agent),
    settings: agent.settings,
    maxTurns: agent.maxTurns,
    messages: delegatedMessages({ crew, agent, prompts, coworkers, input, place: ctx }),
    tools: toolsOf(agent, task),
    delegation:
      coworkers.length === 0
        ? undefined
        : delegationOf({ crew, prompts, inputs, task, ledger, chain, coworkers, allowance, remind: false }),
    output: undefined,
    guardrails: [],
    guardrailMaxRetries: 0,
    view: { inputs, context: NO_CONTEXT },
    description: input.request,
    expectedOutput: '',
    prompt: (name, variables) => prompts.render(name, variables, inputs),
    spending: spendingOf(crew, ctx, task),
    onCall: ledger.onCall,
    onTool: ledger.onTool,
    approve: people.approve,
    absent: absenceOf(people),
    // A person sees the output of the task, not of its parts.
    review: undefined,
    approvals: crew.data.approvals,
    tainted: input.tainted,
    maxPromptChars: agent.maxPromptChars,
    cancelGraceMs: crew.data.cancelGraceMs,
    timeouts: crew.data.timeouts,
  };
}

const NO_CONTEXT: JsonObject = Object.freeze({});
