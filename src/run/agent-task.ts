import type { Agent } from '../agent.ts';
import type { Answer, Assignment } from '../loop/assignment.ts';
import { workAssignment } from '../loop/work-assignment.ts';
import type { TaskCtx } from '../spec/engine.ts';
import type { TaskData } from '../task-shape.ts';
import type { Tool } from '../tool.ts';
import { limitAgent } from './bounds.ts';
import type { CompiledCrew } from './compiled-crew.ts';
import { delegationOf } from './delegate.ts';
import type { Ledger } from './ledger.ts';
import { beginningOf, firstMessages } from './messages.ts';
import { absenceOf, peopleOf } from './people.ts';
import { spendingOf } from './spending-of.ts';
import type { TaskReading } from './task-reading.ts';

/** Has a task worked by its agent, or managed by the crew's manager. */
export async function workByAgent(
  crew: CompiledCrew,
  ctx: TaskCtx,
  work: {
    readonly task: TaskData;
    readonly reading: TaskReading;
    readonly ledger: Ledger;
    readonly review: Assignment['review'];
  },
): Promise<Answer> {
  const { task, reading, ledger } = work;
  const people = peopleOf(crew, ctx);
  const beginning = beginningOf(crew, task, reading);
  const { agent, prompts, texts, coworkers, managed } = beginning;
  limitAgent(ctx, agent, task.name);
  const assignment: Assignment = {
    taskName: task.name,
    agent: agent.name,
    model: crew.modelOf(agent),
    settings: agent.settings,
    maxTurns: agent.maxTurns,
    messages: firstMessages(crew, beginning, ctx),
    // In a managed crew the task's tools are for whoever does the work.
    tools: managed ? agent.tools : toolsOf(agent, task),
    delegation:
      coworkers.length === 0
        ? undefined
        : delegationOf({
            crew,
            prompts,
            inputs: reading.inputs,
            task,
            ledger,
            chain: [agent.name],
            coworkers,
            remind: managed,
          }),
    output:
      task.output === undefined || task.outputSchema === undefined
        ? undefined
        : { schema: task.output, jsonSchema: task.outputSchema, name: task.name },
    guardrails: task.guardrails,
    guardrailMaxRetries: task.guardrailMaxRetries ?? DEFAULT_GUARDRAIL_RETRIES,
    view: reading,
    description: texts.description,
    expectedOutput: texts.expectedOutput,
    prompt: (name, variables) => prompts.render(name, variables, reading.inputs),
    spending: spendingOf(crew, ctx, task),
    onCall: ledger.onCall,
    onTool: ledger.onTool,
    approve: people.approve,
    absent: absenceOf(people),
    review: work.review,
    approvals: crew.data.approvals,
    // Known once the messages are made, above.
    tainted: reading.tainted,
    maxPromptChars: agent.maxPromptChars,
    cancelGraceMs: crew.data.cancelGraceMs,
    timeouts: crew.data.timeouts,
  };
  const answer = await workAssignment(assignment, ctx);
  ledger.tainted = answer.tainted;
  return answer;
}

const DEFAULT_GUARDRAIL_RETRIES = 3;

/** The agent's tools and the task's; of two with one name the task's. */
export function toolsOf(agent: Agent, task: TaskData): readonly Tool[] {
  if (task.tools.length === 0) return agent.tools;
  if (agent.tools.length === 0) return task.tools;
  const own = new Set(task.tools.map((tool) => tool.name));
  return [...agent.tools.filter((tool) => !own.has(tool.name)), ...task.tools];
}
