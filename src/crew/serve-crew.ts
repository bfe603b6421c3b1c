import { CrewError } from '../errors.ts';
import type { Engine, Program } from '../spec/engine.ts';
import type { Service } from '../spec/service.ts';

/** Has this process work what others start of a crew. @throws {CrewError} `ENGINE_NOT_SHARED`. */
export async function serveCrew(engine: Engine, name: string, program: () => Promise<Program>): Promise<Service> {
  if (engine.serve === undefined) {
    const message = `Crew "${name}" runs on an engine whose runs nobody else can work. Many processes share them with engine: dbos({ url }), from 'crewline/dbos'.`;
    throw new CrewError('ENGINE_NOT_SHARED', message);
  }
  await engine.start(await program());
  return engine.serve();
}
