import { isJsonObject } from '../internal/json.ts';
import type { Json, JsonObject } from '../spec/json.ts';
import type { ToolDescription } from '../spec/model.ts';
import { DELEGATION_TOOLS } from '../tool.ts';
import type { Prompts } from './prompts-of.ts';

/** The two tools of an agent that may delegate to these coworkers. */
export function delegationTools(
  prompts: Prompts,
  coworkers: readonly string[],
  inputs: JsonObject,
): readonly ToolDescription[] {
  return [
    description(DELEGATION_TOOLS.work, prompts.render('delegate-work-tool', { coworkers }, inputs), {
      field: 'task',
      coworkers,
    }),
    description(DELEGATION_TOOLS.question, prompts.render('ask-question-tool', { coworkers }, inputs), {
      field: 'question',
      coworkers,
    }),
  ];
}

/** What a model wrote into a delegation's arguments; JSON from outside, so every field is looked at. */
export function readDelegation(
  kind: 'work' | 'question',
  input: Json,
):
  | { readonly request: string; readonly context: string; readonly coworker: string }
  | { readonly problems: readonly string[] } {
  const field = kind === 'work' ? 'task' : 'question';
  if (!isJsonObject(input)) return { problems: ['the arguments must be an object'] };
  const problems: string[] = [];
  const text = (name: string, wanted: boolean): string => {
    const value = input[name];
    if (typeof value === 'string' && (value.trim() !== '' || !wanted)) return value;
    if (wanted || value !== undefined) problems.push(`${name}: must be a text${wanted ? ' that is not empty' : ''}`);
    return '';
  };
  const read = { request: text(field, true), context: text('context', false), coworker: text('coworker', true) };
  for (const name of Object.keys(input)) {
    if (name !== field && name !== 'context' && name !== 'coworker') problems.push(`${name}: there is no such field`);
  }
  return problems.length > 0 ? { problems } : read;
}

function description(
  name: string,
  text: string,
  { field, coworkers }: { readonly field: string; readonly coworkers: readonly string[] },
): ToolDescription {
  return {
    name,
    description: text,
    parameters: {
      type: 'object',
      properties: {
        [field]: { type: 'string' },
        context: { type: 'string' },
        coworker: { type: 'string', enum: coworkers },
      },
      required: [field, 'context', 'coworker'],
      additionalProperties: false,
    },
  };
}
