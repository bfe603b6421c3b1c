import type { EventBody } from '../events.ts';
import { isObject, parseJson } from '../internal/json.ts';
import type { BudgetKind, LimitReason } from '../spec/limits.ts';
import type { UsageShare } from '../usage.ts';
import { cleanText } from './clean.ts';
import { cut } from './width.ts';

/** How text is coloured. Each function wraps a text in a style, or returns it as it is where there are no colours. */
export interface Colours {
  bold(text: string): string;
  dim(text: string): string;
  red(text: string): string;
  green(text: string): string;
  yellow(text: string): string;
  cyan(text: string): string;
}

const same = (text: string): string => text;
/** Text as it is. */
export const NO_COLOURS: Colours = Object.freeze({
  bold: same,
  dim: same,
  red: same,
  green: same,
  yellow: same,
  cyan: same,
});

/** `12ms`, `0.4s`, `12.3s`, `2m 05s`, `1h 02m`. */
export function formatDuration(ms: number): string {
  if (ms < 100) return `${Math.max(0, Math.floor(ms))}ms`;
  const tenths = Math.floor(ms / 100);
  if (tenths < 600) return `${(tenths / 10).toFixed(1)}s`;
  const seconds = Math.floor(tenths / 10);
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m ${two(seconds % 60)}s`;
  return `${Math.floor(seconds / 3600)}h ${two(Math.floor(seconds / 60) % 60)}m`;
}

function two(count: number): string {
  return String(count).padStart(2, '0');
}

/** `812`, `12.3k`, `1.2M`. */
export function formatTokens(count: number): string {
  if (count < 1000) return String(count);
  // 999,950 would round to "1000.0k".
  return count < 999_950 ? `${(count / 1000).toFixed(1)}k` : `${(count / 1_000_000).toFixed(1)}M`;
}

/** `$0.0042`, `$0.12`, `$12.35`; less than a hundredth of a cent is `<$0.0001`. */
export function formatUsd(dollars: number): string {
  if (dollars > 0 && dollars < 0.0001) return '<$0.0001';
  return `$${dollars.toFixed(dollars > 0 && dollars < 0.1 ? 4 : 2)}`;
}

/** What a call waits for, in words. */
export const WAITS_FOR: Readonly<Record<LimitReason, string>> = {
  concurrency: 'all its places are taken',
  requests: 'its requests of this minute are used up',
  tokens: 'its tokens of this minute are used up',
  pause: 'its provider asked for a pause',
};
const BUDGETS: Readonly<Record<BudgetKind, string>> = {
  tokens: 'tokens',
  modelCalls: 'model calls',
  costUsd: 'money',
  wallMs: 'time',
};

/** `money: 80 % of the budget is used ($0.40 of $0.50)`. */
export function sayWarning({ kind, used, limit }: EventBody<'budget.warning'>): string {
  const amount = AMOUNTS[kind];
  const part = Math.floor((used / limit) * 100);
  return `${BUDGETS[kind]}: ${part} % of the budget is used (${amount(used)} of ${amount(limit)})`;
}

const AMOUNTS: Readonly<Record<BudgetKind, (amount: number) => string>> = {
  tokens: formatTokens,
  modelCalls: String,
  costUsd: formatUsd,
  wallMs: formatDuration,
};

/** `1 task`, `7 tasks`. */
export function countOf(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** Tokens in and out together. */
export function tokensOf(usage: UsageShare): number {
  return usage.inputTokens + usage.outputTokens;
}

/** Longer arguments are shown by their beginning, unparsed: nobody reads them on one line. */
const MAX_PARSED = 10_000;
const ARGUMENT_WIDTH = 60;

/** The telling part of a tool call's arguments, on one line: the first text or number in them, else their JSON. */
export function shortArguments(source: string): string {
  const parsed = source.length > MAX_PARSED ? undefined : parseJson(source);
  if (parsed?.ok && isObject(parsed.value)) {
    const values = Object.values(parsed.value);
    if (values.length === 0) return '';
    const telling = values.find((value) => typeof value === 'string' && value !== '') ?? values[0];
    if (typeof telling === 'string' || typeof telling === 'number') return shorten(String(telling));
  }
  return shorten(source);
}

/** One clean line of at most 60 columns. */
export function shorten(text: string): string {
  return cut(cleanText(text.slice(0, 4 * ARGUMENT_WIDTH)), ARGUMENT_WIDTH);
}

/** Why something ended, where nothing failed: somebody has to say something first. */
export function sayPerson({ code }: { readonly code: string }): string | undefined {
  return code === 'REVIEW_PENDING' ? 'waits for a person' : undefined;
}

const MESSAGE_WIDTH = 120;

/** How a message begins, where the whole of it is told elsewhere. */
export function firstLine(message: string): string {
  const [first = '', ...more] = cleanText(message, 'block').trim().split('\n');
  const line = cut(cleanText(first), MESSAGE_WIDTH);
  return more.length === 0 || line.endsWith('…') ? line : `${line} …`;
}

const DOING: ReadonlyMap<string, string> = new Map([
  ['read', 'reading'],
  ['list', 'listing'],
  ['search', 'searching'],
  ['find', 'finding'],
  ['write', 'writing'],
  ['fetch', 'fetching'],
  ['get', 'getting'],
  ['open', 'opening'],
  ['load', 'loading'],
  ['save', 'saving'],
  ['run', 'running'],
  ['send', 'sending'],
  ['query', 'querying'],
]);

/** A tool call as one says it: `reading README.md`, `listing files`; what begins with no verb we know keeps its name. */
export function sayToolCall(tool: string, source: string): string {
  const verb = /^[a-z]+/.exec(tool)?.[0] ?? '';
  const doing = DOING.get(verb);
  const about = shortArguments(source);
  if (doing === undefined) return `${shorten(tool)} ${about}`.trim();
  return `${doing} ${about === '' ? shorten(tool.slice(verb.length).replaceAll('_', ' ')) : about}`.trim();
}
