import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Admission } from '../engines/sqlite/store.ts';
import { CrewError } from '../errors.ts';
import { findCrewFile } from './crew-file.ts';
import { readEngine } from './engine-choice.ts';
import type { Session } from './session.ts';
import { noRuns, withStore } from './store.ts';

/** A shorter beginning of an id is no more than a slip of the keys. */
const SHORTEST = 8;

/**
 * The run that is meant: by its whole id, or by how it begins where only one does so. What nobody knows comes back as it is:
 * a crew may have an engine of its own.
 * @throws {CrewError} `RUN_UNKNOWN` naming the runs that begin so, where there are several.
 */
export async function findRunId(written: string, engine: string | undefined, session: Session): Promise<string> {
  if (written.length < SHORTEST || readEngine(engine, session.cwd).kind !== 'sqlite') return written;
  const ids = await withStore<readonly string[]>(engine, session, { work: (store) => store.ids(), none: () => [] });
  if (ids.includes(written)) return written;
  const [first, ...others] = ids.filter((id) => id.startsWith(written));
  if (first === undefined || others.length === 0) return first ?? written;
  const message = `Several runs begin with ${written}: ${[first, ...others].join(', ')}. Give more of the id.`;
  throw new CrewError('RUN_UNKNOWN', message, { runId: written });
}

/**
 * The crew of a run, to be loaded: the file that was recorded with it, else whatever `crews/` has under its name.
 * @throws {CrewError} `RUN_UNKNOWN`, and `CREW_FILE` when neither is there.
 */
export async function findRunCrew(runId: string, engine: string | undefined, session: Session): Promise<string> {
  const { cwd } = session;
  const { crew, crewFile } = await admissionOf(runId, engine, session);
  const recorded = crewFile === undefined ? undefined : resolve(cwd, crewFile);
  if (recorded !== undefined && existsSync(recorded)) return recorded;
  try {
    return findCrewFile(crew, cwd);
  } catch (cause) {
    const where = recorded === undefined ? 'nobody recorded where it is' : `${recorded} is not there any more`;
    const message = `Run ${runId} is one of crew "${crew}", and ${where}. Give its file: crewline resume ${runId} <file>`;
    throw new CrewError('CREW_FILE', message, { runId, cause });
  }
}

async function admissionOf(runId: string, engine: string | undefined, session: Session): Promise<Admission> {
  try {
    return await withStore(engine, session, { work: (store) => store.admission(runId), none: noRuns(runId) });
  } catch (cause) {
    if (!(cause instanceof CrewError) || cause.code !== 'RUN_UNKNOWN') throw cause;
    const message = `${cause.message}\nOf a crew with an engine of its own, name the crew too.`;
    throw new CrewError('RUN_UNKNOWN', message, { runId, cause });
  }
}
