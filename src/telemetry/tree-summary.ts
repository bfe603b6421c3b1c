import { type Colours, formatDuration, formatTokens, formatUsd } from './format.ts';
import type { TreeState } from './tree-state.ts';
import { textWidth } from './width.ts';

interface SummaryOptions {
  readonly width: number;
  readonly now: number;
  readonly colours: Colours;
}

const BAR_WIDTH = 24;

/** `━━━━━──── 3 of 7 done · 2 running · 12.3k tokens · 4.2s`; what does not fit is left out from the end of the list. */
export function summaryLine(state: TreeState, { width, now, colours }: SummaryOptions): string {
  const { byStatus } = state;
  const total = state.tasks.size;
  const parts: string[] = [`${byStatus.done.size} of ${total} done`];
  const say = (count: number, what: string) => {
    if (count > 0) parts.push(`${count} ${what}`);
  };
  say(byStatus.failed.size, 'failed');
  say(byStatus.running.size, 'running');
  say(byStatus.skipped.size, 'skipped');
  say(byStatus.cancelled.size, 'cancelled');
  const ms = state.outcome === undefined ? now - state.startedAt : state.durationMs;
  parts.push(formatDuration(state.startedAt === 0 ? 0 : ms));
  if (state.tokens > 0) parts.push(`${formatTokens(state.tokens)} tokens`);
  if (state.costUsd !== null && state.costUsd > 0) parts.push(formatUsd(state.costUsd));
  const lead = outcomeSign(state, colours);
  let text = parts[0] ?? '';
  for (const part of parts.slice(1)) {
    if (2 + textWidth(text) + 3 + textWidth(part) <= width) text += ` · ${part}`;
  }
  const room = width - textWidth(text) - 2;
  if (state.outcome === undefined && room >= BAR_WIDTH) return `${bar(state, total, colours)}  ${text}`;
  return width < textWidth(text) + 2 ? text.slice(0, width) : `${lead} ${text}`;
}

function outcomeSign(state: TreeState, colours: Colours): string {
  switch (state.outcome) {
    case undefined:
      return colours.cyan('▸');
    case 'done':
      return colours.green('✓');
    case 'partial':
      return colours.yellow('◐');
    case 'failed':
      return colours.red('✗');
    case 'cancelled':
      return colours.yellow('■');
    case 'paused':
      return colours.yellow('‖');
  }
}

function bar(state: TreeState, total: number, colours: Colours): string {
  const { done, failed, skipped, cancelled } = state.byStatus;
  const ended = done.size + failed.size + skipped.size + cancelled.size;
  const filled = total === 0 ? 0 : Math.floor((ended / total) * BAR_WIDTH);
  const colour = failed.size > 0 ? colours.red : colours.green;
  return `${colour('━'.repeat(filled))}${colours.dim('─'.repeat(BAR_WIDTH - filled))}`;
}
