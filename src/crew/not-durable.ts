import { CrewError } from '../errors.ts';

/** The error for what an engine cannot do with a run that is over. */
export function notDurable(crew: string, what: string, runId: string): CrewError {
  const message = `Crew "${crew}" runs on an engine that cannot do so: runs can be ${what} with engine: sqlite({ file: '.crewline/runs.db' }), from 'crewline/sqlite'.`;
  return new CrewError('ENGINE_NOT_DURABLE', message, { runId });
}
