import type { ArgsDef } from 'citty';
import type { Session } from './session.ts';

/** One command of the command line. */
export interface Command {
  /** What it does, in a line, for `--help`. */
  readonly summary: string;
  readonly args: ArgsDef;
  /** Calls that show what it is good for. */
  readonly examples: readonly string[];
  /** Does the work; resolves to the exit code. `words` are those after the command's name. */
  work(words: readonly string[], session: Session): Promise<number>;
}

/** Options that every command which loads a crew has. */
export const CREW_OPTIONS = {
  crew: { type: 'positional', description: 'Name of a crew in crews/, or path of a crew file', required: true },
  input: {
    type: 'string',
    description: 'An input, typed by the crew; may be given many times',
    valueHint: 'name=value',
  },
  inputs: { type: 'string', description: 'Inputs from a JSON file; --input wins over it', valueHint: 'file.json' },
  model: { type: 'string', description: 'Model of agents that name none; "offline" needs no key', valueHint: 'name' },
  debug: { type: 'boolean', description: 'Show stacks with errors' },
} as const;
