import { CrewError } from '../errors.ts';
import { call, checkOptions, flag, type Rules, refuse } from '../internal/checks.ts';
import type { Engine, Program } from '../spec/engine.ts';
import type { ServeOptions, Service } from '../spec/service.ts';

/** The options of `serve`. */
const RULES: Rules = { endWhenBlocked: flag, onLog: call };

/** Has this process work what others start of a crew. @throws {CrewError} `ENGINE_NOT_SHARED`, `OPTION_INVALID`. */
export async function serveCrew(
  engine: Engine,
  { name, program, options = {} }: { name: string; program: () => Promise<Program>; options?: ServeOptions },
): Promise<Service> {
  refuse(checkOptions('serve', options, RULES, []), 'serve');
  if (engine.serve === undefined) {
    const message = `Crew "${name}" runs on an engine whose runs nobody else can work. Many processes share them with engine: dbos({ url }), from 'crewline/dbos'.`;
    throw new CrewError('ENGINE_NOT_SHARED', message);
  }
  await engine.start(await program());
  return engine.serve(options);
}
