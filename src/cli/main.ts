#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { stripVTControlCharacters } from 'node:util';
import { type CommandDef, renderUsage } from 'citty';
import { CrewError } from '../errors.ts';
import { isObject, parseJson } from '../internal/json.ts';
import { didYouMean } from '../internal/suggest.ts';
import type { Command } from './command.ts';
import { COMMANDS, commandIn } from './commands.ts';
import { engineIn } from './engine-choice.ts';
import { redactor } from './redact.ts';
import { describeError, exitCodeOf } from './report.ts';
import { processSession, type Session, wantsColours } from './session.ts';

async function work(words: readonly string[], session: Session): Promise<number> {
  const { name, rest } = commandIn(words);
  const asksForHelp = words.slice(0, beforeTerminator(words)).some((word) => word === '--help' || word === '-h');
  if (name === '--version' || name === '-v') {
    session.stdout.write(`${version()}\n`);
    return 0;
  }
  if (name === undefined || (asksForHelp && name.startsWith('-'))) return showHelp(undefined, session);
  const load = COMMANDS.get(name);
  if (load === undefined) throw unknown(name);
  return asksForHelp ? showHelp(name, session) : (await load()).work(rest, session);
}

function beforeTerminator(words: readonly string[]): number {
  const at = words.indexOf('--');
  return at < 0 ? words.length : at;
}

function unknown(name: string): CrewError {
  const what = name.startsWith('-') ? 'option' : 'command';
  const known = what === 'option' ? ['--help', '--version'] : COMMANDS.keys();
  return new CrewError('USAGE', `There is no ${what} ${name}.${didYouMean(name, known)}\nSee: crewline --help`);
}

function commandDef(name: string, command: Command): CommandDef {
  return { meta: { name: `crewline ${name}`, description: command.summary }, args: command.args };
}

async function showHelp(name: string | undefined, session: Session): Promise<number> {
  const commands = new Map<string, Command>();
  for (const [known, load] of COMMANDS) if (name === undefined || name === known) commands.set(known, await load());
  const command = name === undefined ? undefined : commands.get(name);
  const subCommands = Object.fromEntries([...commands].map(([known, def]) => [known, commandDef(known, def)]));
  const overview = { meta: { name: 'crewline', version: version(), description: 'Crews of AI agents' }, subCommands };
  const usage = await renderUsage(name === undefined || command === undefined ? overview : commandDef(name, command));
  const examples = [...commands.values()].flatMap((def) =>
    command === undefined ? def.examples.slice(0, 1) : def.examples,
  );
  const text = `${usage.trimEnd()}\n\nFor example:\n${examples.map((example) => `  ${example}`).join('\n')}\n`;
  const { stdout, env } = session;
  stdout.write((wantsColours(stdout, env) ? text : stripVTControlCharacters(text)).replace(/ +$/gm, ''));
  return 0;
}

/** From the package's own package.json, two folders up from `src/cli` and `dist/cli` alike. */
function version(): string {
  const parsed = parseJson(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  return parsed.ok && isObject(parsed.value) ? String(parsed.value['version']) : 'unknown';
}

const words = process.argv.slice(2);
const session = processSession(words);
// What holds until the work is done: a process that runs out of things to wait for has not succeeded.
process.exitCode = 1;
process.once('beforeExit', () => session.stderr.write('✗ Stopped: something waits for what can never happen.\n'));
let code: number;
try {
  code = await work(words, session);
} catch (error) {
  const { env, colours, debug } = session;
  const described = describeError(error, { colours: colours.stderr, debug, env, engine: engineIn(words) });
  session.stderr.write(redactor(env)(described));
  code = exitCodeOf(error);
}
await Promise.all([session.stdout.flush(), session.stderr.flush()]);
if (session.stdout.failure !== undefined) {
  session.stderr.write(`✗ The output could not be written: ${session.stdout.failure.message}\n`);
  code = Math.max(code, 1);
}
// What a crew left open (a pool, a timer) does not keep the command line waiting.
process.exit(code);
