import { type Agent, tools as isTools, withoutCoworkers } from './agent.ts';
import { Conversation } from './crew.ts';
import { CrewError } from './errors.ts';
import { abortSignal, call, checkOptions, type Rules, refuse, schema, text } from './internal/checks.ts';
import type { Approve } from './spec/approval.ts';
import type { Message } from './spec/message.ts';
import type { RunResult } from './spec/outcome.ts';
import type { PromptSet } from './spec/prompts.ts';
import type { Schema } from './spec/schema.ts';
import { Task } from './task.ts';
import type { Tool } from './tool.ts';
import type { SchemaOutput } from './types.ts';

/** What `ask` can be told besides the prompt. */
export interface AskOptions<Output> {
  /** The shape of the answer. @default text */
  readonly output?: Output;
  /** Added to the agent's. */
  readonly tools?: readonly Tool[];
  readonly signal?: AbortSignal;
  /** Agrees to tool calls that need it, as for `kickoff`. @default nobody is there: such calls are refused */
  readonly approve?: Approve;
}

/** An answer: of one task, so `tasks` holds just `answer`. */
export type AskResult<Output> = Omit<RunResult, 'output'> & { readonly output: Output };

/**
 * Works one prompt with one agent, as a crew of one task: with its tools, and validated when there is a schema.
 *
 * The prompt is data, not a template: `{{…}}` in it stays as it is. Given messages, the last must be the user's.
 * @throws {CrewError} as `kickoff` does.
 */
export async function ask<Output extends Schema<unknown, unknown> = never>(
  agent: Agent,
  prompt: string | readonly Message[],
  options: AskOptions<Output> = {},
): Promise<AskResult<[Output] extends [never] ? string : SchemaOutput<Output>>> {
  const problems = checkOptions('ask', options, RULES, []);
  if (Object(agent).kind !== 'agent') {
    problems.push({ code: 'OPTION_INVALID', place: 'ask', message: 'needs an agent made by new Agent({ … }) first.' });
  }
  refuse(problems, 'ask');
  const { history, last } = split(prompt);
  const { output, tools, signal, approve } = options;
  // Coworkers are a crew's affair.
  const alone = withoutCoworkers(agent);
  const task = new Task({
    name: 'answer',
    description: '{{prompt}}',
    expectedOutput: 'The answer.',
    agent: alone,
    // The prompt goes to the model as it was written, without the headings that a task has.
    prompts: PROMPT_ONLY,
    ...(output && { output }),
    ...(tools && { tools }),
  });
  const crew = new Conversation<[Output] extends [never] ? string : SchemaOutput<Output>>(
    { name: 'ask', tasks: [task], agents: [alone] },
    history,
  );
  return crew.kickoff({ inputs: { prompt: last }, ...(signal && { signal }), ...(approve && { approve }) });
}

const RULES: Rules = { output: schema, tools: isTools, signal: abortSignal, approve: call };

/** One object, so that it is read once. */
const PROMPT_ONLY: PromptSet = Object.freeze({
  task: `{{description}}{{#if schema}}

Answer with one JSON value that satisfies this JSON schema, and with nothing else: no code fence, no text around it.
{{schema}}{{/if}}`,
});

function split(prompt: string | readonly Message[]): { readonly history: readonly Message[]; readonly last: string } {
  if (typeof prompt === 'string' && text(prompt) === undefined) return { history: [], last: prompt };
  const messages = typeof prompt === 'string' || !Array.isArray(prompt) ? [] : prompt;
  const last = messages.at(-1);
  if (last?.role !== 'user' || typeof last.content !== 'string') {
    throw new CrewError(
      'OPTION_INVALID',
      'ask: needs a prompt that is not empty, or messages ending with one of role "user".',
    );
  }
  return { history: messages.slice(0, -1), last: last.content };
}
