import type { RunSummary } from '../engines/run-summary.ts';
import { CrewError } from '../errors.ts';
import { cleanText } from '../telemetry/clean.ts';
import type { Colours } from '../telemetry/format.ts';
import { formatUsd } from '../telemetry/format.ts';
import { pad, textWidth } from '../telemetry/width.ts';
import type { Command } from './command.ts';
import { ENGINE_OPTION } from './engine-choice.ts';
import { readOptions } from './options.ts';
import { redactor } from './redact.ts';
import { runStatus, shownTime, tasksDone } from './run-words.ts';
import { withStore } from './store.ts';

const args = {
  json: { type: 'boolean', description: 'As JSON' },
  limit: { type: 'string', description: 'How many at most; 20 when it is not given', valueHint: 'n' },
  ...ENGINE_OPTION,
  debug: { type: 'boolean', description: 'Show stacks with errors' },
} as const;
const LIMIT = 20;

/** `crewline runs`: the runs that are kept, those begun last first. */
export const runs: Command = {
  summary: 'List the runs that are kept',
  args,
  examples: ['crewline runs', 'crewline runs --limit 100 --json'],
  async work(words, session) {
    const { args: given } = readOptions(words, { command: 'runs', args });
    const limit = given.limit === undefined ? LIMIT : Number(given.limit);
    if (!Number.isSafeInteger(limit) || limit < 1) {
      throw new CrewError('USAGE', `--limit takes a whole number above 0, not "${given.limit}".`);
    }
    const redact = redactor(session.env);
    const { list, place } = await withStore<{ list: readonly RunSummary[]; place: string }>(given.engine, session, {
      work: async (store, where) => ({ list: await store.runs({ limit }), place: where }),
      none: (where) => ({ list: [], place: where }),
    });
    const { stdout, stderr, colours } = session;
    if (given.json === true) stdout.write(`${redact(JSON.stringify(list, null, 2))}\n`);
    else if (list.length > 0) stdout.write(redact(tableOf(list, colours.stdout)));
    else stderr.write(`No runs are kept in ${place} yet.\n`);
    return 0;
  },
};

const HEADERS = ['run', 'crew', 'status', 'started', 'tasks done', 'cost'] as const;

function tableOf(list: readonly RunSummary[], { dim }: Colours): string {
  const rows = list.map((run) => {
    const { runId, crew, startedAt, costUsd } = run;
    const cost = costUsd === null ? '?' : costUsd === 0 ? '' : formatUsd(costUsd);
    return [runId, crew, runStatus(run), shownTime(startedAt), tasksDone(run), cost];
  });
  const cells = [HEADERS, ...rows].map((row) => row.map((cell) => cleanText(cell)));
  const widths = HEADERS.map((_, column) => Math.max(...cells.map((row) => textWidth(row[column] ?? ''))));
  const lines = cells.map((row) =>
    row
      .map((cell, column) => pad(cell, widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return lines.map((line, index) => `${index === 0 ? dim(line) : line}\n`).join('');
}
