import { z } from 'zod';
import { jsonSchemaOf } from '../../src/internal/schema.ts';
import type { Answer, Assignment, OutputShape, PromptFunction } from '../../src/loop/assignment.ts';
import { workAssignment } from '../../src/loop/work-assignment.ts';
import type { Message } from '../../src/spec/message.ts';
import type { Model, ModelCallOptions, ModelPart, ModelRequest } from '../../src/spec/model.ts';
import type { Schema } from '../../src/spec/schema.ts';
import {
  type Script,
  type ScriptedModel,
  type ScriptedModelOptions,
  scriptedModel,
} from '../../src/testing/scripted-model.ts';
import { type Tool, tool } from '../../src/tool.ts';
import type { CallRecord } from '../../src/usage.ts';
import { type CtxOptions, TestCtx } from './ctx.ts';

/** Shows which template was asked for and with what, so that tests need no wording. */
const prompt: PromptFunction = (name, variables) =>
  // The frame around what tools say is looked at where the real templates are used.
  name === 'outside' && 'text' in variables ? String(variables.text) : `${name} ${JSON.stringify(variables)}`;

export const SYSTEM: Message = { role: 'system', content: 'You are a writer.' };
export const USER: Message = { role: 'user', content: 'Write about otters.' };

export function assignmentOf(model: Model, changes: Partial<Assignment> = {}): Assignment {
  return {
    taskName: 'report',
    agent: 'Writer',
    model,
    settings: undefined,
    maxTurns: 20,
    messages: [SYSTEM, USER],
    tools: [],
    delegation: undefined,
    output: undefined,
    guardrails: [],
    guardrailMaxRetries: 3,
    view: { inputs: { topic: 'otters' }, context: { research: 'They swim.' } },
    description: 'Write about otters.',
    expectedOutput: 'A paragraph.',
    prompt,
    spending: { budgets: [], priceOf: () => undefined },
    onCall: () => {},
    onTool: () => {},
    approve: undefined,
    absent: 'refuse',
    review: undefined,
    approvals: 'declared',
    tainted: false,
    maxPromptChars: 300_000,
    cancelGraceMs: 2_000,
    timeouts: { approvalMs: 600_000, guardrailMs: 60_000 },
    ...changes,
  };
}

export interface Worked {
  readonly answer: Promise<Answer>;
  readonly ctx: TestCtx;
  readonly model: ScriptedModel;
  /** Usage records, in order. */
  readonly records: CallRecord[];
}

/** Works a script; the answer is still to be awaited. */
export function work(
  script: Script,
  changes: Partial<Assignment> = {},
  options: { readonly ctx?: CtxOptions; readonly model?: ScriptedModelOptions } = {},
): Worked {
  const model = scriptedModel(script, options.model);
  const ctx = new TestCtx(options.ctx);
  const records: CallRecord[] = [];
  const answer = workAssignment(assignmentOf(model, { onCall: (record) => records.push(record), ...changes }), ctx);
  return { answer, ctx, model, records };
}

/** The messages of the last request, without the two that every conversation starts with. */
export function lastAsked(model: ScriptedModel): readonly Message[] {
  return model.calls.at(-1)?.request.messages.slice(2) ?? [];
}

export function shapeOf(schema: Schema<unknown, unknown>): OutputShape {
  return { schema, jsonSchema: jsonSchemaOf(schema), name: 'report' };
}

/** A tool that answers with what it is given. */
export const echo: Tool = tool({
  name: 'echo',
  description: 'Says it again.',
  input: z.object({ text: z.string() }),
  execute: ({ text }) => `echo: ${text}`,
});

/** A call of it. */
export function say(text: string, id?: string) {
  return { name: 'echo', arguments: { text }, ...(id !== undefined && { id }) };
}

/** A model written by hand: what it yields or throws is up to the test. What fails is not tried again. */
export function handModel(
  generate: (request: ModelRequest, options: ModelCallOptions) => AsyncIterable<ModelPart>,
): Model {
  return { name: 'by-hand', retries: 0, generate };
}
