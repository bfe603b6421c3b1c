import { CrewError } from '../errors.ts';
import { countOf } from '../telemetry/format.ts';
import type { Command } from './command.ts';
import { ENGINE_OPTION } from './engine-choice.ts';
import { readOptions } from './options.ts';
import { withStore } from './store.ts';

const args = {
  'older-than': {
    type: 'string',
    description: 'How long ago a run must have ended: 12h, 30d, 8w',
    valueHint: 'time',
  },
  ...ENGINE_OPTION,
  debug: { type: 'boolean', description: 'Show stacks with errors' },
} as const;

const HOUR = 3_600_000;
const UNITS: ReadonlyMap<string, number> = new Map([
  ['h', HOUR],
  ['d', 24 * HOUR],
  ['w', 7 * 24 * HOUR],
]);

/** `crewline runs prune`: removes runs that ended long ago. */
export const runsPrune: Command = {
  summary: 'Remove runs that ended long ago; those that are paused or under way stay',
  args,
  examples: ['crewline runs prune --older-than 30d'],
  async work(words, session) {
    const { args: given } = readOptions(words, { command: 'runs prune', args });
    const before = Date.now() - readAge(given['older-than']);
    const removed = await withStore(given.engine, session, {
      work: (store) => store.prune({ before }),
      none: () => 0,
      readOnly: false,
    });
    session.stdout.write(`${countOf(removed, 'run')} removed.\n`);
    return 0;
  },
};

function readAge(written: string | undefined): number {
  const [, count, unit = ''] = /^(\d{1,6})([hdw])$/.exec(written ?? '') ?? [];
  const ms = UNITS.get(unit);
  if (ms !== undefined) return Number(count) * ms;
  const what = written === undefined ? 'is missing' : `must be a time, not "${written}"`;
  throw new CrewError('USAGE', `--older-than ${what}: a number and h, d or w, such as 30d.`);
}
