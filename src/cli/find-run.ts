import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { CrewError } from '../errors.ts';
import { findCrewFile } from './crew-file.ts';
import type { Session } from './session.ts';
import { noRuns, withStore } from './store.ts';

/**
 * The crew of a run, to be loaded: the file that was recorded with it, else whatever `crews/` has under its name.
 * @throws {CrewError} `RUN_UNKNOWN`, and `CREW_FILE` when neither is there.
 */
export async function findRunCrew(runId: string, engine: string | undefined, session: Session): Promise<string> {
  const { cwd } = session;
  const { crew, crewFile } = await withStore(engine, session, {
    work: (store) => store.admission(runId),
    none: noRuns(runId),
  });
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
