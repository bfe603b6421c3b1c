import { cleanText } from './clean.ts';
import { type Colours, formatDuration, formatTokens } from './format.ts';
import type { Pause, TreeNode } from './tree-state.ts';
import { cut, cutStart, pad, textWidth } from './width.ts';

/** A line of the drawing: a task, or work that was delegated while working it. */
export interface Row {
  readonly node: TreeNode;
  /** What joins a child to its parent, drawn in the column of names. */
  readonly stem: string;
}

/** How wide each column is; 0 for one that is left out. */
export interface Columns {
  readonly name: number;
  readonly agent: number;
  readonly time: number;
  readonly tokens: number;
  readonly doing: number;
}

const SPINNER = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const SPIN_MS = 100;
const SIGN_WIDTH = 2;
const GAP = 2;
/** Below so many columns, how many more tool calls there are is left out. */
const MIN_DOING = 12;
/** What is narrow leaves columns out: the agent below 72 columns, the tokens below 44, the time below 24. */
export function measure(rows: readonly Row[], width: number): Columns {
  let name = 4;
  let agent = 0;
  for (const { node, stem } of rows) {
    name = Math.max(name, textWidth(stem) + textWidth(node.name));
    if (stem === '') agent = Math.max(agent, textWidth(node.agent));
  }
  name = Math.min(name, Math.max(8, Math.floor(width * 0.3)), Math.max(0, width - SIGN_WIDTH));
  agent = width < 72 ? 0 : Math.min(agent, Math.floor(width * 0.22));
  const time = width < 24 ? 0 : 7;
  const tokens = width < 44 ? 0 : 6;
  const used = SIGN_WIDTH + name + gap(agent) + gap(time) + gap(tokens) + GAP;
  return { name, agent, time, tokens, doing: Math.max(0, width - used) };
}

function gap(column: number): number {
  return column === 0 ? 0 : column + GAP;
}

/** What a row needs to know besides its node. */
export interface RowOptions {
  readonly now: number;
  readonly colours: Colours;
}

/** One line, at most as wide as its columns together. */
export function drawRow({ node, stem }: Row, columns: Columns, options: RowOptions): string {
  const { dim } = options.colours;
  const cells = [`${sign(node, options)} ${drawName({ node, stem }, columns.name, options.colours)}`];
  // A child's name is its agent.
  if (columns.agent > 0) cells.push(paint(dim, pad(stem === '' ? node.agent : '', columns.agent)));
  if (columns.time > 0) cells.push(pad(elapsed(node, options.now), columns.time, 'right'));
  if (columns.tokens > 0) {
    cells.push(paint(dim, pad(node.tokens === 0 ? '' : formatTokens(node.tokens), columns.tokens, 'right')));
  }
  cells.push(doing(node, columns.doing, options));
  return cells.join('  ').trimEnd();
}

/** Spaces at the end need no colour, and a line can then be trimmed. */
function paint(colour: (text: string) => string, text: string): string {
  const shown = text.trimEnd();
  return shown === '' ? text : colour(shown) + text.slice(shown.length);
}

function drawName({ node, stem }: Row, width: number, colours: Colours): string {
  const name = pad(`${stem}${node.name}`, width);
  if (node.status === 'waiting' || node.status === 'ready' || node.status === 'skipped')
    return paint(colours.dim, name);
  return stem === ''
    ? paint(colours.bold, name)
    : `${colours.dim(name.slice(0, stem.length))}${name.slice(stem.length)}`;
}

function sign(node: TreeNode, { now, colours }: RowOptions): string {
  switch (node.status) {
    case 'waiting':
    case 'ready':
      return colours.dim('○');
    case 'running':
      return colours.cyan(SPINNER[Math.floor(now / SPIN_MS) % SPINNER.length] ?? '⠋');
    case 'done':
      return colours.green('✓');
    case 'failed':
      return colours.red('✗');
    case 'skipped':
      return colours.dim('–');
    case 'cancelled':
      return colours.yellow('■');
  }
}

function elapsed(node: TreeNode, now: number): string {
  switch (node.status) {
    case 'running':
      return formatDuration(now - node.startedAt);
    case 'done':
    case 'failed':
    case 'cancelled':
      return node.reused ? '' : formatDuration(node.durationMs);
    default:
      return '';
  }
}

/** What a line says at its end: what happens now, or why it ended as it did. */
function doing(node: TreeNode, width: number, options: RowOptions): string {
  const { colours } = options;
  if (width < 1) return '';
  switch (node.status) {
    case 'waiting':
    case 'ready':
    case 'done':
    case 'skipped':
      return paint(colours.dim, cut(node.note, width));
    case 'cancelled':
      return colours.yellow(cut(node.note === '' ? 'cancelled' : node.note, width));
    case 'failed':
      return colours.red(cut(node.note, width));
    case 'running':
      return activity(node, width, options);
  }
}

function activity(node: TreeNode, width: number, { now, colours }: RowOptions): string {
  const [review] = node.reviews.values();
  if (review !== undefined) return colours.yellow(cut(review, width));
  const tools = [...node.tools.values()];
  const latest = tools.at(-1);
  if (latest !== undefined) {
    const more = tools.length > 1 && width >= MIN_DOING ? ` +${tools.length - 1}` : '';
    return colours.cyan(`${cut(latest, width - more.length)}${more}`);
  }
  if (node.writing !== '') {
    const label = 'writing ';
    return `${colours.cyan(cut(label, width))}${colours.dim(cutStart(cleanText(node.writing), width - label.length))}`;
  }
  const atWork = node.children.filter((child) => child.status === 'running');
  const first = atWork[0];
  if (first !== undefined) {
    const who = atWork.length === 1 ? first.name : `${atWork.length} coworkers`;
    return colours.dim(cut(`waiting for ${who}`, width));
  }
  if (node.pause !== undefined) return colours.yellow(cut(sayPause(node.pause, now), width));
  if (node.agent === '') return colours.dim(cut('at work', width));
  return colours.dim(cut(node.note === '' ? 'thinking' : `thinking · ${node.note}`, width));
}

function sayPause({ what, until }: Pause, now: number): string {
  if (until === undefined) return `waits for ${what}`;
  return until > now ? `again in ${formatDuration(until - now)}: ${what}` : `again: ${what}`;
}
