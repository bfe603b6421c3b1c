import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { CrewError, messageOf } from '../errors.ts';
import { parseJson } from '../internal/json.ts';
import type { Json } from '../spec/json.ts';
import { countOf } from '../telemetry/format.ts';
import type { Command } from './command.ts';
import { ENGINE_OPTION } from './engine-choice.ts';
import { withRun } from './find-run.ts';
import { readOptions } from './options.ts';
import { redactor } from './redact.ts';

const args = {
  run: { type: 'positional', description: 'Id of the run', required: true },
  out: { type: 'string', description: 'A new file for it, instead of standard output', valueHint: 'file.json' },
  ...ENGINE_OPTION,
  debug: { type: 'boolean', description: 'Show stacks with errors' },
} as const;

/** `crewline runs salvage`: what of a damaged run is proved to be what was written. */
export const runsSalvage: Command = {
  summary: 'Tell what can be trusted of a damaged run, as JSON; changes nothing',
  args,
  examples: ['crewline runs salvage run_0a1b2c3d', 'crewline runs salvage run_0a1b2c3d --out run.json'],
  async work(words, session) {
    const { args: given } = readOptions(words, { command: 'runs salvage', args });
    const redact = redactor(session.env);
    const saved = await withRun(given, session, (store, runId) => {
      if (store.salvage !== undefined) return store.salvage(runId);
      const message =
        'There is nothing to salvage here: Postgres itself answers for what it gives back. Put back a backup of the database.';
      throw new CrewError('USAGE', message, { runId });
    });
    const { run } = saved;
    const shown = { ...saved, ...(run && { run: { ...run, definition: readable(run.definition) } }) };
    const text = redact(JSON.stringify(shown, null, 2));
    if (given.out === undefined) session.stdout.write(`${text}\n`);
    else writeNew(resolve(session.cwd, given.out), `${text}\n`);
    const { size, problems } = saved;
    const rest = problems.length === 0 ? 'The run is whole.' : `What is wrong: ${problems.join('; ')}.`;
    session.stderr.write(`${countOf(size, 'row')} can be trusted. ${rest}\n`);
    return 0;
  },
};

/** Kept as one text, a definition is read more easily as what it is. */
function readable(definition: string): Json {
  const read = parseJson(definition);
  return read.ok ? read.value : definition;
}

/** Outputs of a run may be private, and nothing that is there is overwritten. */
function writeNew(path: string, text: string): void {
  try {
    writeFileSync(path, text, { flag: 'wx', mode: 0o600 });
  } catch (cause) {
    throw new CrewError('USAGE', `--out ${path} cannot be written: ${messageOf(cause)}`, { cause });
  }
}
