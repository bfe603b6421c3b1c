import picocolors from 'picocolors';
import type { Colours } from '../telemetry/format.ts';
import { Output } from './output.ts';

/** What a command works with: its streams, its environment, and where it was called. */
export interface Session {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: Output;
  readonly stderr: Output;
  readonly colours: { readonly stdout: Colours; readonly stderr: Colours };
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  /** Whether errors come with their stacks: `--debug`, or `CREWLINE_DEBUG` in the environment. */
  readonly debug: boolean;
}

/** The session of this very process, called with these words. Made once, since it listens to its streams. */
export function processSession(words: readonly string[]): Session {
  const { env } = process;
  const stdout = new Output(process.stdout);
  const stderr = new Output(process.stderr);
  return {
    // Opened when it is first read: a pipe that nobody reads is left alone.
    get stdin() {
      return process.stdin;
    },
    stdout,
    stderr,
    colours: {
      stdout: picocolors.createColors(wantsColours(stdout, env)),
      stderr: picocolors.createColors(wantsColours(stderr, env)),
    },
    env,
    cwd: process.cwd(),
    debug: words.includes('--debug') || (env['CREWLINE_DEBUG'] ?? '') !== '',
  };
}

/** `NO_COLOR` forbids (https://no-color.org), `FORCE_COLOR` demands, else a terminal decides. */
export function wantsColours(output: { readonly isTerminal: boolean }, env: NodeJS.ProcessEnv): boolean {
  const { NO_COLOR, FORCE_COLOR, TERM } = env;
  if (NO_COLOR !== undefined && NO_COLOR !== '') return false;
  if (FORCE_COLOR !== undefined) return FORCE_COLOR !== '0' && FORCE_COLOR !== 'false';
  return output.isTerminal && TERM !== 'dumb';
}
