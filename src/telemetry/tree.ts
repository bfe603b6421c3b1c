import { type Colours, NO_COLOURS } from './format.ts';
import { drawRow, measure, type Row } from './tree-row.ts';
import type { NodeStatus, TreeNode, TreeState } from './tree-state.ts';
import { summaryLine } from './tree-summary.ts';
import { cut, textWidth } from './width.ts';

/** How the tree is drawn. */
export interface DrawOptions {
  /** Columns and rows that the drawing may take. */
  readonly width: number;
  readonly height: number;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** @default none */
  readonly colours?: Colours;
}

/** Header and an empty line above the tasks, an empty line and the summary below. */
const FRAME_ROWS = 4;
/** Who is shown first when there are more tasks than rows. */
const BY_INTEREST: readonly NodeStatus[] = ['running', 'failed', 'cancelled', 'ready', 'waiting', 'done', 'skipped'];

/**
 * The tree as lines without line ends, each at most `width` columns wide and at most `height` of them. When there are
 * more tasks than rows, those at work come first, and a line counts the rest. Pure.
 */
export function drawTree(state: TreeState, options: DrawOptions): string[] {
  const colours = options.colours ?? NO_COLOURS;
  const full = options.height > FRAME_ROWS;
  const { rows, rest } = chooseRows(state, Math.max(1, options.height - (full ? FRAME_ROWS : 1)));
  const columns = measure(rows, options.width);
  const lines = rows.map((row) => drawRow(row, columns, { ...options, colours }));
  if (rest !== '') lines.push(colours.dim(cut(rest, options.width)));
  const summary = summaryLine(state, { ...options, colours });
  if (!full) return options.height > 1 ? [...lines, summary] : [summary];
  return [header(state, options.width, colours), '', ...lines, '', summary];
}

function header(state: TreeState, width: number, colours: Colours): string {
  const crew = cut(state.crew, width);
  const kind = cut(`  ${state.process}`, width - textWidth(crew));
  if (kind.trim() === '') return colours.bold(crew);
  return `${colours.bold(crew)}${colours.dim(kind)}`;
}

/** Every task when there is room, with its children as long as they pad; else the most interesting ones. */
function chooseRows(state: TreeState, room: number): { rows: Row[]; rest: string } {
  if (state.tasks.size <= room) {
    const tasks = [...state.tasks.values()];
    const all = tasks.flatMap((task) => rowsOf(task, () => true, ''));
    if (all.length <= room) return { rows: all, rest: '' };
    const live = tasks.flatMap((task) => rowsOf(task, (child) => child.status === 'running', ''));
    return { rows: live.length <= room ? live : tasks.map((node) => ({ node, stem: '' })), rest: '' };
  }
  const chosen: TreeNode[] = [];
  const left: string[] = [];
  for (const status of BY_INTEREST) {
    const nodes = state.byStatus[status];
    let taken = 0;
    for (const node of nodes) {
      if (chosen.length >= room - 1) break;
      chosen.push(node);
      taken += 1;
    }
    if (nodes.size > taken) left.push(`${nodes.size - taken} ${status}`);
  }
  chosen.sort((a, b) => a.index - b.index);
  const rest = `… ${state.tasks.size - chosen.length} more: ${left.join(', ')}`;
  return { rows: chosen.map((node) => ({ node, stem: '' })), rest };
}

/** A task and the children that are wanted, depth first. Delegation is at most 3 deep. */
function rowsOf(node: TreeNode, wanted: (child: TreeNode) => boolean, stem: string): Row[] {
  const rows: Row[] = [{ node, stem }];
  // Below a child that is not the last of its parent, the line goes on.
  const lead = stem.replace('├', '│').replace('└', ' ');
  const children = node.children.filter(wanted);
  for (const [place, child] of children.entries()) {
    rows.push(...rowsOf(child, wanted, `${lead}${place === children.length - 1 ? '└ ' : '├ '}`));
  }
  return rows;
}
