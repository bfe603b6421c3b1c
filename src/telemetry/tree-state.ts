import type { RunOutcome } from '../events.ts';
import { cleanText } from './clean.ts';

export type NodeStatus = 'waiting' | 'ready' | 'running' | 'done' | 'failed' | 'skipped' | 'cancelled';

/** What a line waits for: a place in its model's lane, or the time of its next attempt. */
export interface Pause {
  readonly what: string;
  /** When it will be over, in milliseconds since 1970; undefined where nobody knows. */
  readonly until: number | undefined;
}

/** One line of the tree: a task, or work that was delegated while working one. */
export interface TreeNode {
  readonly name: string;
  /** Position in the order declared; children have their parent's. */
  readonly index: number;
  agent: string;
  status: NodeStatus;
  /** Milliseconds since 1970; 0 before it started. */
  startedAt: number;
  durationMs: number;
  /** It had ended before and was not worked: it took no time. */
  reused: boolean;
  /** Tokens of its own model calls and of those below it. */
  tokens: number;
  /** What was asked of a coworker; why a task was skipped or failed. */
  note: string;
  /** Tool calls under way, by call id, as one says them. */
  readonly tools: Map<string, string>;
  /** The end of the answer that is being written, uncleaned; empty while thinking. */
  writing: string;
  /** Which attempt of its call writes it. */
  writer: number;
  /** What keeps it from going on; undefined while it works. */
  pause: Pause | undefined;
  /** Tool calls that somebody has to agree to, by call id, as one says them. */
  readonly reviews: Map<string, string>;
  readonly children: TreeNode[];
  /** Coworkers at work, by the id of the call that asked for them. */
  readonly delegated: Map<string, TreeNode>;
}

/** Everything that the tree shows. Changed in place by `reduce`, at a cost that does not grow with the run. */
export interface TreeState {
  crew: string;
  process: string;
  readonly tasks: Map<string, TreeNode>;
  /** The same tasks by status, in the order they got there. */
  readonly byStatus: Readonly<Record<NodeStatus, Set<TreeNode>>>;
  tokens: number;
  /** US dollars; null once something has no price. */
  costUsd: number | null;
  startedAt: number;
  outcome: RunOutcome | undefined;
  durationMs: number;
}

/** A task that is known before the run starts. */
export interface PlannedLine {
  readonly name: string;
  /** Undefined for a task done by code. */
  readonly agent?: string | undefined;
}

/** The tree of a run that has not begun. */
export function emptyTree(tasks: readonly PlannedLine[] = []): TreeState {
  const state: TreeState = {
    crew: '',
    process: '',
    tasks: new Map(),
    byStatus: {
      waiting: new Set(),
      ready: new Set(),
      running: new Set(),
      done: new Set(),
      failed: new Set(),
      skipped: new Set(),
      cancelled: new Set(),
    },
    tokens: 0,
    costUsd: 0,
    startedAt: 0,
    outcome: undefined,
    durationMs: 0,
  };
  for (const task of tasks) addTask(state, task.name, task.agent);
  return state;
}

/** A line that has not begun. */
export function newNode(name: string, index: number, agent: string): TreeNode {
  return {
    name: cleanText(name),
    index,
    agent: cleanText(agent),
    status: 'waiting',
    startedAt: 0,
    durationMs: 0,
    reused: false,
    tokens: 0,
    note: '',
    tools: new Map(),
    writing: '',
    writer: 1,
    pause: undefined,
    reviews: new Map(),
    children: [],
    delegated: new Map(),
  };
}

function addTask(state: TreeState, name: string, agent = ''): TreeNode {
  const node = newNode(name, state.tasks.size, agent);
  state.tasks.set(name, node);
  state.byStatus.waiting.add(node);
  return node;
}

/** The line of a task, made when the task was not known before. */
export function taskNode(state: TreeState, name: string): TreeNode {
  return state.tasks.get(name) ?? addTask(state, name);
}

/** Gives a task another status. */
export function move(state: TreeState, node: TreeNode, status: NodeStatus): void {
  state.byStatus[node.status].delete(node);
  state.byStatus[status].add(node);
  node.status = status;
}
