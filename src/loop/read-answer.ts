import { CrewError, messageOf } from '../errors.ts';
import { bounded } from '../internal/bounded.ts';
import { findNotJson, isJson, parseJson } from '../internal/json.ts';
import { describeIssues } from '../internal/schema.ts';
import type { Json } from '../spec/json.ts';
import type { OutputShape } from './assignment.ts';
import { findJson, type JsonKind } from './find-json.ts';
import { placeOf, type Work } from './work.ts';

/** What an answer means, or what the model must mend. */
export type ReadAnswer =
  | { readonly ok: true; readonly value: Json }
  | { readonly ok: false; readonly problems: readonly string[] };

/** Reads the value out of a model's text, and lets the schema check and shape it. */
export async function readAnswer(work: Work, text: string, shape: OutputShape): Promise<ReadAnswer> {
  const parsed = parse(text, shape);
  return parsed.ok ? shapeValue(work, parsed.value, shape) : { ok: false, problems: [parsed.problem] };
}

function parse(text: string, { jsonSchema }: OutputShape) {
  const type = jsonSchema['type'];
  if (type !== 'string') return findJson(text, rootKind(type));
  // Asked for a single text, models write it with and without the quotes of JSON.
  const quoted = parseJson(text);
  return quoted.ok && typeof quoted.value === 'string' ? quoted : ({ ok: true, value: text.trim() } as const);
}

function rootKind(type: unknown): JsonKind {
  return type === 'object' || type === 'array' ? type : undefined;
}

/**
 * What the schema makes of a value.
 * @throws {CrewError} `OUTPUT_NOT_JSON` when it makes something that no engine could store; `TASK_FAILED` when it throws.
 */
export async function shapeValue(work: Work, value: Json, { schema }: OutputShape): Promise<ReadAnswer> {
  const result = await validated(work, value, schema);
  if (result.issues !== undefined) return { ok: false, problems: describeIssues(result.issues) };
  const shaped: unknown = result.value;
  if (isJson(shaped)) return { ok: true, value: shaped };
  throw notJson(work, shaped);
}

async function validated(work: Work, value: Json, schema: OutputShape['schema']) {
  try {
    const { ctx, assignment } = work;
    const { taskName, cancelGraceMs } = assignment;
    const what = `the output schema of task "${taskName}"`;
    // For as long as the task has time.
    return await bounded(() => schema['~standard'].validate(value), { ctx, what, taskName, graceMs: cancelGraceMs });
  } catch (thrown) {
    if (work.ctx.aborted !== undefined) throw work.ctx.aborted;
    const message = `The schema of task "${work.assignment.taskName}" threw while it checked an answer: ${messageOf(thrown)}`;
    throw new CrewError('TASK_FAILED', message, { ...placeOf(work), cause: thrown });
  }
}

/** The error for an output that is not JSON; it names the first place. */
export function notJson(work: Work, value: unknown): CrewError {
  const { taskName } = work.assignment;
  const where = findNotJson(value, 'output');
  const message = `The output of task "${taskName}" is not JSON: ${where}. Let its schema and its guardrails yield plain data.`;
  return new CrewError('OUTPUT_NOT_JSON', message, placeOf(work));
}
