import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Admission, RunStore } from '../engines/run-store.ts';
import { CrewError } from '../errors.ts';
import { findCrewFile } from './crew-file.ts';
import { readEngine } from './engine-choice.ts';
import type { Session } from './session.ts';
import { shownCommand } from './shown-command.ts';
import { withStore } from './store.ts';

/** A shorter beginning of an id is no more than a slip of the keys. */
const SHORTEST = 8;

/** What names a run on the command line. */
export interface RunWords {
  /** Its id, or how that begins. */
  readonly run: string;
  readonly engine?: string | undefined;
}

/**
 * Looks at the run that is meant where it is kept.
 * @throws {CrewError} `RUN_UNKNOWN`, also naming the runs that begin so, where there are several; and as `withStore`.
 */
export function withRun<T>(
  { run, engine }: RunWords,
  session: Session,
  work: (store: RunStore, runId: string) => T | Promise<T>,
): Promise<T> {
  const none = (place: string): never => {
    throw new CrewError('RUN_UNKNOWN', `There is no run ${run}: nothing has been kept in ${place} yet.`, {
      runId: run,
    });
  };
  return withStore(engine, session, { work: async (store) => work(store, await idIn(store, run)), none });
}

/**
 * The id of the run that is meant. What nobody knows comes back as it is: a crew may have an engine of its own.
 * @throws {CrewError} as `withRun`, but for a run that is unknown.
 */
export async function findRunId({ run, engine }: RunWords, session: Session): Promise<string> {
  if (readEngine(engine, session.cwd).kind === 'memory') return run;
  return withStore(engine, session, { work: (store) => idIn(store, run), none: () => run });
}

/**
 * The run that is meant, and its crew, to be loaded: the one that is named, else the file that was recorded with the run,
 * else whatever `crews/` has under its name. `called` is the command up to where the crew can be named.
 * @throws {CrewError} as `withRun`, and `CREW_FILE` when no crew is there.
 */
export async function findRun(
  { crew, ...words }: RunWords & { readonly crew?: string | undefined },
  session: Session,
  called: readonly string[],
): Promise<{ readonly runId: string; readonly crew: string }> {
  if (crew !== undefined) return { runId: await findRunId(words, session), crew };
  try {
    return await withRun(words, session, async (store, runId) => {
      const again = shownCommand([...called, '<crew file>'], words.engine);
      return { runId, crew: crewOf(await store.admission(runId), { cwd: session.cwd, again }) };
    });
  } catch (cause) {
    if (!(cause instanceof CrewError) || cause.code !== 'RUN_UNKNOWN') throw cause;
    const message = `${cause.message}\nOf a crew with an engine of its own, name the crew too.`;
    throw new CrewError('RUN_UNKNOWN', message, { runId: words.run, cause });
  }
}

async function idIn(store: RunStore, written: string): Promise<string> {
  if (written.length < SHORTEST) return written;
  const alike = (await store.ids(written)).filter((id) => id.startsWith(written));
  const [first, ...others] = alike;
  if (alike.includes(written)) return written;
  if (first === undefined || others.length === 0) return first ?? written;
  const message = `Several runs begin with ${written}: ${alike.join(', ')}. Give more of the id.`;
  throw new CrewError('RUN_UNKNOWN', message, { runId: written });
}

function crewOf(
  { runId, crew, crewFile }: Admission,
  { cwd, again }: { readonly cwd: string; readonly again: string },
): string {
  const recorded = crewFile === undefined ? undefined : resolve(cwd, crewFile);
  if (recorded !== undefined && existsSync(recorded)) return recorded;
  try {
    return findCrewFile(crew, cwd);
  } catch (cause) {
    const where =
      recorded === undefined
        ? 'nobody recorded where it is'
        : `there is no ${recorded}: it was recorded as ${crewFile}, as seen from the folder in which the run was started`;
    const message = `Run ${runId} is one of crew "${crew}", and ${where}. Call this from there, or give its file: ${again}`;
    throw new CrewError('CREW_FILE', message, { runId, cause });
  }
}
