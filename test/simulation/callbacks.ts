import type { Approve, ExecuteScope, GuardrailVerdict, Json, TaskView, Tool, ToolScope } from 'crewline';
import { tool } from 'crewline';
import { z } from 'zod';
import { CANARY } from './canary.ts';
import { drawFor, hashOf } from './draw.ts';
import type { GuardKind, OnCancel, TaskPlan, ToolPlan } from './scenario.ts';
import { fitting, markOf, marksIn } from './words.ts';
import type { Span, World } from './world.ts';

const TOOL_INPUT = z.object({ query: z.string() });

interface Working {
  readonly ms: number;
  readonly hangs: boolean;
  readonly onCancel: OnCancel;
  readonly signal: () => AbortSignal;
}

/** Lets a piece of the user's code take its time, and stop as its plan says when nobody wants it any more. */
async function worked(world: World, span: Span, { ms, hangs, onCancel, signal }: Working): Promise<void> {
  try {
    if (hangs) await (onCancel === 'ignores' ? new Promise<never>(() => {}) : world.clock.sleep(1e9, signal()));
    else if (ms > 0) await world.clock.sleep(ms, onCancel === 'ignores' ? undefined : signal());
  } catch (reason) {
    throw onCancel === 'throws' ? new DOMException('The operation was aborted.', 'AbortError') : reason;
  } finally {
    world.end(span);
  }
}

export function simTool(world: World, plan: ToolPlan): Tool {
  const { name, fate, maxUses, resultAsAnswer, timeoutMs, effect, approval, risk } = plan;
  return tool({
    name,
    description: `Does what ${name} does.`,
    input: TOOL_INPUT,
    ...(maxUses !== undefined && { maxUses }),
    resultAsAnswer,
    effect,
    ...(approval && risk !== 'exec' && { approval }),
    risk,
    ...(timeoutMs !== undefined && { timeoutMs }),
    execute: async ({ query }, scope) => {
      await toolWork(world, plan, scope);
      if (fate === 'throws' && hashOf(query) % 2 === 0) throw new Error(`${name} broke with ${CANARY.reveal()}`);
      if (fate === 'notJson') return { when: new Date(0) };
      if (fate === 'nothing') {
        world.produce(scope.taskName, 'done');
        return undefined;
      }
      const mark = markOf(name, query);
      const result = fate === 'json' ? { mark, list: [query] } : mark;
      if (resultAsAnswer) world.produce(scope.taskName, typeof result === 'string' ? result : JSON.stringify(result));
      return result;
    },
  });
}

function toolWork(world: World, { name, ms, fate, onCancel }: ToolPlan, scope: ToolScope): Promise<void> {
  const span = world.begin('tool', name, scope.taskName, scope.key);
  return worked(world, span, { ms, hangs: fate === 'hangs', onCancel, signal: () => scope.signal });
}

type Callback = (
  answer: unknown,
  scope: TaskView<unknown> & { readonly signal: AbortSignal },
) => Promise<GuardrailVerdict<Json>>;

/** Who is asked to agree to tool calls, and how that one answers. */
export function simApprover(world: World): Approve | undefined {
  const { approver } = world.scenario;
  if (approver === 'nobody') return undefined;
  return async ({ tool: name, taskName, key, signal }) => {
    const span = world.begin('approve', name, taskName, key);
    await worked(world, span, {
      ms: approver === 'slow' ? 9_000 : 0,
      hangs: false,
      onCancel: 'stops',
      signal: () => signal,
    });
    if (approver === 'throws') throw new Error(`Nobody can say (${CANARY.reveal()}).`);
    if (approver === 'refuses' || (approver === 'doubts' && hashOf(key) % 2 === 0)) return { refuse: 'Better not.' };
    world.agreed.add(key);
    return true;
  };
}

/** A guardrail as a crew is given it: a function, or a sentence that the model judges by. */
export function simGuardrail(world: World, task: TaskPlan, kind: GuardKind): string | Callback {
  if (kind === 'judge') return 'It promises nothing.';
  return async (answer, scope) => {
    const span = world.begin('guardrail', kind, task.name);
    const ms = kind === 'slow' ? 700 : 0;
    await worked(world, span, { ms, hangs: kind === 'hangs', onCancel: task.onCancel, signal: () => scope.signal });
    return verdictOf(world, task, { kind, answer });
  };
}

function verdictOf(
  world: World,
  task: TaskPlan,
  { kind, answer }: { readonly kind: GuardKind; readonly answer: unknown },
): GuardrailVerdict<Json> {
  const marks = marksIn(JSON.stringify(answer));
  switch (kind) {
    case 'doubts':
      return hashOf(marks) % 4 > 0 || { reject: 'Say it better.' };
    case 'rejects':
      return { reject: 'Never.' };
    case 'throws':
      throw new Error('The guardrail broke.');
    case 'replaces': {
      const mark = markOf(task.name, `replaced ${marks}`);
      const replace = task.output === undefined ? mark : fitting(task.output, mark, 'replaced');
      world.produce(task.name, replace);
      return { replace };
    }
    default:
      return true;
  }
}

export function simWhen(world: World, { name, when }: TaskPlan): () => Promise<boolean> {
  return async () => {
    const span = world.begin('when', name, name);
    await worked(world, span, {
      ms: when === 'slow' ? 400 : 0,
      hangs: when === 'hangs',
      onCancel: 'ignores',
      signal: never,
    });
    if (when === 'throws') throw new Error('The condition broke.');
    return when !== 'no';
  };
}

function never(): AbortSignal {
  throw new Error('A condition has no signal.');
}

/** The code of a task done by code: what it returns follows from all that it read. */
export function simCode(world: World, task: TaskPlan): (scope: ExecuteScope<unknown>) => Promise<Json> {
  return async (scope) => {
    const { name, ms, fate, onCancel } = task;
    const span = world.begin('code', name, name);
    const context = Object.entries(Object(scope.context));
    world.readings.push({ taskName: name, context });
    await worked(world, span, { ms, hangs: fate === 'hangs', onCancel, signal: () => scope.signal });
    if (fate === 'throws') throw new Error(`${name} broke`, { cause: new Error(CANARY.reveal()) });
    if (fate === 'notJson') return JSON.parse('{}', () => new Map());
    const topic = String(scope.inputs['topic']);
    const again = scope.feedback === undefined ? '' : ` ${scope.feedback}`;
    const mark = markOf(name, `${topic} ${marksIn(JSON.stringify(context))}${again}`);
    const draw = drawFor(world.scenario.seed, `code ${name}`);
    const output: Json = draw.chance(0.5) ? mark : { mark, list: [1, null, { '{{topic}}': '\ud800' }] };
    world.produce(name, output);
    return output;
  };
}
