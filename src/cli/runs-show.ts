import type { KeptRun, RunSource, Takeover } from '../engines/run-store.ts';
import { type RunSummary, taskNames } from '../engines/run-summary.ts';
import { questionsIn } from '../engines/stored-questions.ts';
import { isJsonObject, isObject } from '../internal/json.ts';
import type { Json } from '../spec/json.ts';
import { cleanText } from '../telemetry/clean.ts';
import { type Colours, countOf, formatDuration, formatTokens, formatUsd } from '../telemetry/format.ts';
import { pad, textWidth } from '../telemetry/width.ts';
import type { Command } from './command.ts';
import { ENGINE_OPTION, engineHint } from './engine-choice.ts';
import { withRun } from './find-run.ts';
import { type WaitCode, waitCommand } from './kept-run.ts';
import { readOptions } from './options.ts';
import { redactor } from './redact.ts';
import { runStatus, shownTime, tasksDone } from './run-words.ts';

const args = {
  run: { type: 'positional', description: 'Id of the run: crewline runs lists them', required: true },
  json: { type: 'boolean', description: 'As JSON' },
  ...ENGINE_OPTION,
  debug: { type: 'boolean', description: 'Show stacks with errors' },
} as const;

/** `crewline runs show`: one run, and how its tasks ended. */
export const runsShow: Command = {
  summary: 'Show one run: its inputs, and how its tasks ended',
  args,
  examples: ['crewline runs show run_0a1b2c3d', 'crewline runs show run_0a1b2c3d --json'],
  async work(words, session) {
    const { args: given } = readOptions(words, { command: 'runs show', args });
    const redact = redactor(session.env);
    const shown = await withRun(given, session, async (store, runId) =>
      shownRun(await store.summary(runId), await store.records(runId)),
    );
    const { stdout, stderr, colours } = session;
    const text = given.json === true ? JSON.stringify(shown, null, 2) : told(shown, given.engine, colours.stdout);
    stdout.write(`${redact(text)}\n`);
    const hint = shown.waits.length === 0 ? undefined : engineHint(given.engine);
    if (hint !== undefined) stderr.write(`${hint}\n`);
    return 0;
  },
};

/** One run as `runs show` tells it. */
interface ShownRun extends RunSummary {
  readonly crewFile?: string | undefined;
  readonly inputs: Json;
  readonly source?: RunSource | undefined;
  /** How its tasks ended, in the order in which they did; those that failed and were tried anew once only. */
  readonly outcomes: { readonly [task: string]: Json };
  /** Tasks that have begun, and neither ended nor wait for anybody. Empty once the run has ended. */
  readonly begun: readonly string[];
  /** What it waits for, where it has not ended: somebody's word. */
  readonly waits: readonly Wait[];
  /** Times at which somebody went on with it. */
  readonly takeovers: readonly Takeover[];
  readonly error?: Json;
}

/** One thing that somebody has to say before a run can go on. */
interface Wait {
  readonly taskName: string;
  readonly id: string;
  readonly code: WaitCode;
}

/** Questions that nobody has answered, and calls of which nobody knows whether they were made. */
function waitsOf({ records, answers, end }: KeptRun): readonly Wait[] {
  const open = [...questionsIn(records, answers).values()].filter(({ answer }) => answer === undefined);
  const tasks = isJsonObject(end?.result ?? null) ? Object(end?.result)['tasks'] : undefined;
  const undecided = Object.entries(isObject(tasks) ? tasks : {}).flatMap(([taskName, outcome]) => {
    const { code, callId } = Object(isObject(outcome) ? outcome['error'] : undefined);
    return code === 'NEEDS_DECISION' && typeof callId === 'string' ? [{ taskName, id: callId, code } as const] : [];
  });
  const asked = open.map(({ taskName, id }) => ({ taskName, id, code: 'REVIEW_PENDING' }) as const);
  return [...asked, ...undecided];
}

/** Whatever is recorded of a task has been begun. */
function begunOf({ run, records, begun = [], end }: KeptRun, known: ReadonlySet<string>): readonly string[] {
  if (end !== undefined) return [];
  const recorded = new Set([...records, ...begun.map((key) => ({ key }))].map(({ key }) => key.split('/', 1)[0]));
  return [...taskNames(run.definition)].filter((name) => recorded.has(name) && !known.has(name));
}

function shownRun(summary: RunSummary, stored: KeptRun): ShownRun {
  const { run, records, takeovers, end } = stored;
  const outcomes = new Map<string, Json>();
  for (const { kind, key, value } of records) if (kind === 'task' && !key.includes('/')) outcomes.set(key, value);
  const { inputs, crewFile, source } = run;
  const error = isJsonObject(end?.result ?? null) ? Object(end?.result)['error'] : undefined;
  const waits = end === undefined || end.status === 'paused' ? waitsOf(stored) : [];
  return {
    ...summary,
    ...(crewFile && { crewFile }),
    inputs,
    source,
    outcomes: Object.fromEntries(outcomes),
    begun: begunOf(stored, new Set([...outcomes.keys(), ...waits.map(({ taskName }) => taskName)])),
    waits,
    takeovers,
    error,
  };
}

function told(run: ShownRun, engine: string | undefined, { bold, dim }: Colours): string {
  const { runId, crew, crewFile, startedAt, updatedAt, inputs, source, outcomes, takeovers } = run;
  const facts: [string, string][] = [
    ['crew', crewFile === undefined ? crew : `${crew} (${crewFile})`],
    ['status', runStatus(run)],
    ['tasks done', tasksDone(run)],
    ['started', shownTime(startedAt)],
    ['last written', shownTime(updatedAt)],
    ...(source === undefined ? [] : [sourceFact(source)]),
    ['inputs', JSON.stringify(inputs)],
    ...takeovers.map(({ at, pid, host }): [string, string] => [
      'gone on with',
      `${shownTime(at)} by ${pid} on ${host}`,
    ]),
  ];
  const lines = [bold(runId), ...facts.map(([name, value]) => `  ${dim(pad(name, 12))}  ${cleanText(value)}`), ''];
  const { waits, begun } = run;
  const names = [...Object.keys(outcomes), ...begun, ...waits.map(({ taskName }) => taskName)];
  const width = Math.max(0, ...names.map(textWidth));
  for (const [name, outcome] of Object.entries(outcomes)) lines.push(`  ${pad(name, width)}  ${fateOf(outcome)}`);
  for (const name of begun) lines.push(`  ${pad(name, width)}  has begun`);
  for (const { taskName, id, code } of waits) {
    const what = code === 'REVIEW_PENDING' ? 'waits for an answer to' : 'waits for a decision on';
    const how = waitCommand({ runId, id: cleanText(id), code }, engine);
    lines.push(`  ${pad(taskName, width)}  ${what} ${cleanText(id)} (${code}): ${how}`);
  }
  return lines.join('\n').trimEnd();
}

function sourceFact({ kind, runId }: RunSource): [string, string] {
  return [kind === 'replay' ? 'replay of' : 'reuses', runId];
}

function fateOf(outcome: Json): string {
  if (!isJsonObject(outcome)) return '';
  const { status, durationMs, usage, error } = outcome;
  const parts = [String(status)];
  if (typeof durationMs === 'number' && status !== 'skipped') parts.push(formatDuration(durationMs));
  if (isObject(usage) && Number(usage['modelCalls']) > 0) {
    const { modelCalls, inputTokens, outputTokens, costUsd } = usage;
    parts.push(
      countOf(Number(modelCalls), 'model call'),
      `${formatTokens(Number(inputTokens) + Number(outputTokens))} tokens`,
    );
    if (typeof costUsd === 'number' && costUsd > 0) parts.push(formatUsd(costUsd));
  }
  if (isJsonObject(error ?? null)) parts.push(cleanText(String(Object(error)['message'])));
  return parts.join(' · ');
}
