import type { CrewEvent, EventOf } from '../events.ts';
import { cleanText } from './clean.ts';
import { sayPerson, sayToolCall, shortArguments, shorten, tokensOf, WAITS_FOR } from './format.ts';
import { move, newNode, type Pause, type TreeNode, type TreeState, taskNode } from './tree-state.ts';

/** Brings the tree up to date with one event, in place. */
export function reduce(state: TreeState, event: CrewEvent): void {
  switch (event.type) {
    case 'run.start':
      startRun(state, event);
      break;
    case 'run.end':
      endRun(state, event);
      break;
    case 'task.ready':
      move(state, taskNode(state, event.taskName), 'ready');
      break;
    case 'task.start':
      startTask(state, event);
      break;
    case 'task.end':
      endTask(state, event);
      break;
    case 'task.skipped':
      skipTask(state, event);
      break;
    case 'task.reused':
      reuseTask(state, event);
      break;
    case 'delegation.start':
      startDelegation(state, event);
      break;
    case 'delegation.end':
      endDelegation(state, event);
      break;
    case 'guardrail.end':
      if (!event.passed) taskNode(state, event.taskName).note = shorten(`not accepted: ${event.reason ?? ''}`);
      break;
    case 'task.retry':
      retryTask(state, event);
      break;
    case 'model.start':
    case 'model.delta':
    case 'model.end':
    case 'model.retry':
    case 'model.superseded':
    case 'limit.wait':
    case 'tool.start':
    case 'tool.end':
    case 'review.requested':
    case 'review.answered':
      work(state, event);
      break;
    case 'budget.warning':
    case 'events.dropped':
    case 'log':
      break;
  }
}

function startRun(state: TreeState, event: EventOf<'run.start'>): void {
  state.crew = cleanText(event.crew);
  state.process = event.process;
  state.startedAt = event.time;
}

function endRun(state: TreeState, event: EventOf<'run.end'>): void {
  state.outcome = event.status;
  state.durationMs = event.durationMs;
  state.tokens = tokensOf(event.usage);
  state.costUsd = event.usage.costUsd;
}

function startTask(state: TreeState, event: EventOf<'task.start'>): void {
  const node = taskNode(state, event.taskName);
  move(state, node, 'running');
  if (event.agent !== undefined) node.agent = cleanText(event.agent);
  // Time goes on from the first attempt, as it does in the end.
  if (event.attempt === 1) node.startedAt = event.time;
  node.note = '';
  node.pause = undefined;
}

function retryTask(state: TreeState, event: EventOf<'task.retry'>): void {
  const node = taskNode(state, event.taskName);
  settle(node);
  node.pause = again(event);
}

/** The wait for the next attempt, and why there is one. */
function again(event: EventOf<'task.retry'> | EventOf<'model.retry'>): Pause {
  return { what: event.error.code, until: event.time + event.delayMs };
}

function endTask(state: TreeState, event: EventOf<'task.end'>): void {
  const node = taskNode(state, event.taskName);
  move(state, node, event.status);
  node.durationMs = event.durationMs;
  node.tokens = tokensOf(event.usage);
  node.note = cleanText(noteOf(event));
  settle(node);
}

/** Why it failed, or where its answer was written. */
function noteOf({ error, outputFile }: EventOf<'task.end'>): string {
  if (error !== undefined)
    return error.code === 'CANCELLED' ? '' : (sayPerson(error) ?? `${error.code}: ${error.message}`);
  return outputFile === undefined ? '' : `→ ${outputFile}`;
}

function skipTask(state: TreeState, event: EventOf<'task.skipped'>): void {
  const node = taskNode(state, event.taskName);
  move(state, node, 'skipped');
  node.note =
    event.because === event.taskName ? 'skipped: its condition said no' : `skipped because of ${event.because}`;
}

function reuseTask(state: TreeState, event: EventOf<'task.reused'>): void {
  const node = taskNode(state, event.taskName);
  move(state, node, event.status);
  node.reused = true;
  if (event.agent !== undefined) node.agent = cleanText(event.agent);
  const where = event.from === event.runId ? 'before' : `reused from ${event.from}`;
  node.note = cleanText(event.error === undefined ? where : `${where}: ${event.error.code}: ${event.error.message}`);
}

/** Nothing is under way in what has ended, whatever the last word was. */
function settle(node: TreeNode): void {
  node.tools.clear();
  node.delegated.clear();
  node.reviews.clear();
  node.writing = '';
  node.pause = undefined;
}

/** The line that a call belongs to: the coworker's when it was delegated, else the task's. At most 20 are looked at. */
function workerOf(task: TreeNode, agent: string, callId: string): TreeNode {
  let sameAgent: TreeNode | undefined;
  for (const [id, child] of task.delegated) {
    if (callId.startsWith(`${id}/`)) return child;
    if (child.agent === cleanText(agent)) sameAgent = child;
  }
  return sameAgent ?? task;
}

function startDelegation(state: TreeState, event: EventOf<'delegation.start'>): void {
  const task = taskNode(state, event.taskName);
  const parent = workerOf(task, event.agent, event.callId);
  const child = newNode(event.coworker, task.index, event.coworker);
  child.status = 'running';
  child.startedAt = event.time;
  child.note = shorten(event.request);
  parent.children.push(child);
  task.delegated.set(event.callId, child);
}

function endDelegation(state: TreeState, event: EventOf<'delegation.end'>): void {
  const task = taskNode(state, event.taskName);
  const child = task.delegated.get(event.callId);
  if (child === undefined) return;
  task.delegated.delete(event.callId);
  child.status = event.error === undefined ? 'done' : 'failed';
  child.durationMs = event.durationMs;
  child.tokens = tokensOf(event.usage);
  if (event.error !== undefined) child.note = shorten(`${event.error.code}: ${event.error.message}`);
  settle(child);
}

/** As much of the end of an answer as any terminal line shows. */
const TAIL_CHARS = 400;

type WorkEvent = Extract<
  CrewEvent,
  {
    readonly type:
      | 'model.start'
      | 'model.delta'
      | 'model.end'
      | 'model.retry'
      | 'model.superseded'
      | 'limit.wait'
      | 'tool.start'
      | 'tool.end'
      | 'review.requested'
      | 'review.answered';
  }
>;

function work(state: TreeState, event: WorkEvent): void {
  const task = taskNode(state, event.taskName);
  const { agent } = event;
  const node = task.delegated.size === 0 || agent === undefined ? task : workerOf(task, agent, event.callId);
  switch (event.type) {
    case 'model.start':
      node.writing = '';
      node.pause = undefined;
      break;
    case 'model.delta':
      // Of two attempts side by side, the one heard last is shown.
      if (event.attempt !== node.writer) node.writing = '';
      node.writer = event.attempt;
      node.writing = (node.writing + event.text).slice(-TAIL_CHARS);
      break;
    case 'model.end':
      endCall(state, event, { task, node });
      break;
    case 'model.superseded':
      if (event.attempt === node.writer) node.writing = '';
      break;
    case 'model.retry':
      node.writing = '';
      node.pause = again(event);
      break;
    case 'limit.wait':
      node.pause = { what: `${cleanText(event.model)}: ${WAITS_FOR[event.reason]}`, until: undefined };
      break;
    case 'tool.start':
      node.tools.set(event.callId, sayToolCall(event.tool, event.arguments));
      break;
    case 'tool.end':
      node.tools.delete(event.callId);
      break;
    case 'review.requested':
      node.reviews.set(event.callId, asked(event));
      break;
    case 'review.answered':
      node.reviews.delete(event.callId);
      break;
  }
}

function asked(event: EventOf<'review.requested'>): string {
  if (event.kind === 'output')
    return event.question === undefined ? 'waits for a person' : `waits: ${shorten(event.question)}`;
  return `asks to call ${shorten(event.tool)} ${shortArguments(event.arguments)}`.trimEnd();
}

function endCall(
  state: TreeState,
  { usage }: EventOf<'model.end'>,
  { task, node }: { readonly task: TreeNode; readonly node: TreeNode },
): void {
  node.writing = '';
  if (usage === undefined) return;
  const tokens = tokensOf(usage);
  node.tokens += tokens;
  if (node !== task) task.tokens += tokens;
  state.tokens += tokens;
  state.costUsd = state.costUsd === null || usage.costUsd === null ? null : state.costUsd + usage.costUsd;
}
