import type { CrewData } from '../definition.ts';
import type { ErrorCode, Problem } from '../errors.ts';
import { isObject } from '../internal/json.ts';
import { belowInputs } from '../prompts/missing.ts';
import type { TemplateReference } from '../prompts/read.ts';
import type { JsonSchema } from '../spec/json.ts';
import type { TaskData } from '../task-shape.ts';
import type { Hint } from './hints.ts';
import { lookUp, type PathVerdict, yieldedSchema } from './schema-path.ts';
import type { TemplateUse } from './template-uses.ts';

/** What is needed to judge a template. */
export interface TemplateSurroundings {
  readonly crew: CrewData;
  /** Id by task name. */
  readonly ids: ReadonlyMap<string, number>;
  readonly hint: Hint;
}

/** What is wrong with the templates: syntax, helpers, partials, inputs that the crew lacks, fields that outputs lack.
 *  Names of unknown tasks are the graph's to report. */
export function checkTemplates(uses: readonly TemplateUse[], surroundings: TemplateSurroundings): Problem[] {
  const judge = referenceJudge(surroundings);
  const problems: Problem[] = [];
  for (const use of uses) {
    const found = new Map<string, ErrorCode>();
    for (const problem of use.facts.problems) found.set(problem, 'TEMPLATE');
    for (const reference of use.facts.references) {
      const finding = judge(use, reference);
      if (finding !== undefined && !found.has(finding.message)) found.set(finding.message, finding.code);
    }
    for (const [message, code] of found)
      problems.push({ code, place: use.place, message: `${use.option}: ${message}` });
  }
  return problems;
}

interface Finding {
  readonly code: ErrorCode;
  readonly message: string;
}
type Judge = (use: TemplateUse, reference: TemplateReference) => Finding | undefined;

const BELOW_TASK: ReadonlySet<string> = new Set(['output', 'raw']);
const written = (path: readonly string[]): string => `{{${path.join('.')}}}`;

function referenceJudge({ crew, ids, hint }: TemplateSurroundings): Judge {
  const inputs = crew.inputs === undefined ? undefined : yieldedSchema(crew.inputs, crew.inputsSchema);
  const inputNames = isObject(inputs?.['properties']) ? new Set(Object.keys(inputs['properties'])) : undefined;
  const outputs = new Map<TaskData, JsonSchema | undefined>();
  const outputOf = (task: TaskData): JsonSchema | undefined => {
    if (task.output === undefined) return undefined;
    if (!outputs.has(task)) outputs.set(task, yieldedSchema(task.output, task.outputSchema));
    return outputs.get(task);
  };
  return (use, reference) => {
    if (reference.path.length === 1 && reference.path[0] === 'inputs') return undefined;
    const { path, guarded, guard } = reference.path[0] === 'inputs' ? belowInputs(reference) : reference;
    const reading: Reading = { path, guarded, guard, hint };
    if (reference.path[0] === 'tasks')
      return use.task < 0 ? notInAgents(path) : inTask(crew.tasks[ids.get(path[1] ?? '') ?? -1], reading, outputOf);
    return inputs === undefined || inputNames === undefined ? undefined : inInputs(inputs, inputNames, reading);
  };
}

interface Reading {
  readonly path: readonly string[];
  readonly guarded: boolean;
  readonly guard: readonly string[] | undefined;
  readonly hint: Hint;
}

function notInAgents(path: readonly string[]): Finding {
  const message = `${written(path)} reads a task, which only a task's own templates can; put it into a description.`;
  return { code: 'TEMPLATE', message };
}

function inInputs(schema: JsonSchema, names: ReadonlySet<string>, reading: Reading): Finding | undefined {
  const { path, hint } = reading;
  const verdict = lookUp(schema, path);
  if (verdict.kind !== 'unknown' || verdict.at > 0)
    return finding(verdict, reading, { skip: 0, whose: "of the crew's inputs" });
  const name = path[0] ?? '';
  return { code: 'TEMPLATE', message: `${written(path)}: the crew's inputs have no "${name}".${hint(name, names)}` };
}

function inTask(
  task: TaskData | undefined,
  reading: Reading,
  outputOf: (task: TaskData) => JsonSchema | undefined,
): Finding | undefined {
  const { path, guarded, hint } = reading;
  const [, name, field] = path;
  if (name === undefined || field === undefined) {
    // `{{#with tasks.research}}` only goes there; what it prints inside is a path of its own.
    if (guarded || (name !== undefined && task === undefined)) return undefined;
    const example = `{{tasks.${name ?? 'NAME'}.output}}`;
    return {
      code: 'PATH_UNKNOWN',
      message: `${written(path)} is no text; write ${example} or ${example.replace('output', 'raw')}.`,
    };
  }
  if (task === undefined) return undefined;
  if (!BELOW_TASK.has(field)) {
    const message = `${written(path)}: a task has only output and raw, not "${field}".${hint(field, BELOW_TASK)}`;
    return { code: 'PATH_UNKNOWN', message };
  }
  const below = path.slice(3);
  if (below.length === 0 && field === 'raw') return undefined;
  const isText = field === 'raw' || (task.output === undefined && task.execute === undefined);
  if (isText) return belowText(task, reading);
  const schema = outputOf(task);
  if (schema === undefined) return undefined;
  return finding(lookUp(schema, below), reading, { skip: 3, whose: `of task "${task.name}"` });
}

function belowText(task: TaskData, { path }: Reading): Finding | undefined {
  const [, , field, below] = path;
  if (below === undefined || below === 'length') return undefined;
  const why = field === 'raw' ? 'raw is text' : `task "${task.name}" has no output schema, so its output is text`;
  return { code: 'PATH_UNKNOWN', message: `${written(path)}: ${why} and has no fields.` };
}

/** Puts a verdict into words. `skip` counts the segments before those that were looked up. */
function finding(
  verdict: PathVerdict,
  { path, guarded, guard, hint }: Reading,
  { skip, whose }: { readonly skip: number; readonly whose: string },
): Finding | undefined {
  switch (verdict.kind) {
    case 'known':
      return undefined;
    case 'optional': {
      const until = path.slice(0, skip + verdict.at);
      if (guarded && (guard === undefined || guard.length >= until.length)) return undefined;
      const condition = `{{#if ${until.join('.')}}}`;
      return {
        code: 'PATH_OPTIONAL',
        message: `${written(path)}: ${lastOf(until, skip)} ${whose} may be absent; put it between ${condition} and {{/if}}.`,
      };
    }
    case 'unknown': {
      const at = skip + verdict.at;
      const parent = path.slice(skip === 0 ? 0 : skip - 1, at).join('.');
      const what = `${parent === '' ? '' : `${parent} `}${whose} is ${verdict.type} without a field "${path[at]}".`;
      const help =
        verdict.type === 'a list'
          ? ` Go through it with {{#each ${path.slice(0, at).join('.')}}}.`
          : fieldHint(path[at] ?? '', verdict.fields, hint);
      return { code: 'PATH_UNKNOWN', message: `${written(path)}: ${what}${help}` };
    }
  }
}

function fieldHint(field: string, fields: readonly string[], hint: Hint): string {
  return fields.length === 0 ? '' : hint(field, new Set(fields));
}

/** `output.note`, or the input's name. */
function lastOf(path: readonly string[], skip: number): string {
  return path.slice(skip === 0 ? 0 : skip - 1).join('.');
}
