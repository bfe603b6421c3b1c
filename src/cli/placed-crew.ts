import { relative, sep } from 'node:path';
import { dbos } from '../engines/dbos.ts';
import { sqlite } from '../engines/sqlite/index.ts';
import { messageOf } from '../errors.ts';
import { ENGINE_NAME, ON_ENGINE, OWN_ENGINE } from '../internal/crew-engine.ts';
import { redactAll } from '../internal/redact.ts';
import type { Engine } from '../spec/engine.ts';
import type { Json } from '../spec/json.ts';
import { type EngineChoice, placeOf, readEngine, shownEngine } from './engine-choice.ts';
import type { FoundCrew, LoadedCrew } from './load-crew.ts';
import { needDriver, prepareDefaultFolder } from './store.ts';

/** A crew on the engine that its runs are worked on. */
export interface PlacedCrew {
  readonly crew: LoadedCrew;
  /** True when it has an engine of its own. */
  readonly isOwn: boolean;
  /** What `--engine` calls that, where it has a word for it. */
  readonly ownName?: string | undefined;
  /** Where its runs are kept, in words; undefined where they are not. */
  readonly keptIn: string | undefined;
  /** What is to be known before the run. */
  readonly note: string | undefined;
  /** Gives back what was opened for it. */
  close(): Promise<void>;
}

const nothing = async () => {};

/**
 * Puts a crew where `--engine` says, by default in SQLite below the working directory; a crew that has an engine of its own
 * stays there. Where that cannot be, and nobody has asked for it, runs live in memory and a note says so.
 * @throws {CrewError} `USAGE`; `ENGINE_DRIVER_MISSING` when SQLite was asked for.
 */
export async function placeCrew(
  { crew, file: path }: FoundCrew,
  written: string | undefined,
  { cwd, inputs }: { readonly cwd: string; readonly inputs: Json },
): Promise<PlacedCrew> {
  const choice = readEngine(written, cwd);
  const file = relative(cwd, path).split(sep).join('/');
  const own = crew[OWN_ENGINE];
  // A crew of another copy of crewline may not know how to change its engine.
  const on = (engine: Engine | undefined) => crew[ON_ENGINE]?.({ engine, file }) ?? crew;
  if (own !== undefined) {
    const note =
      written === undefined
        ? undefined
        : `--engine ${shownEngine(written)} was not used: the crew has an engine of its own.`;
    const ownName = nameOf(own);
    const place = ownName === undefined ? 'the store of its own engine' : placeOf(readEngine(ownName, cwd));
    const keptIn = own.resume === undefined ? undefined : place;
    return { crew: on(undefined), isOwn: true, ownName, keptIn, note, close: nothing };
  }
  const why = await missing(choice, inputs);
  if (choice.kind === 'memory' || why !== undefined) {
    const note = why && `This run is kept in memory only, and cannot be resumed: ${why}`;
    return { crew: on(undefined), isOwn: false, keptIn: undefined, note, close: nothing };
  }
  if (choice.kind === 'dbos') {
    const shared = dbos({ url: choice.url });
    return { crew: on(shared), isOwn: false, keptIn: placeOf(choice), note: undefined, close: () => shared.stop() };
  }
  const engine = sqlite({ file: choice.path });
  return { crew: on(engine), isOwn: false, keptIn: choice.file, note: undefined, close: () => engine.stop() };
}

/** An engine of another copy of crewline may have no name. */
function nameOf(engine: Engine): string | undefined {
  const name: unknown = Reflect.get(engine, ENGINE_NAME);
  return typeof name === 'string' && /^(sqlite:.|dbos:postgres(ql)?:\/\/)/.test(name) ? name : undefined;
}

/** Why runs cannot be kept where nobody asked for it. */
async function missing(choice: EngineChoice, inputs: Json): Promise<string | undefined> {
  if (choice.kind !== 'sqlite') return undefined;
  // A run that is resumed needs its inputs as they are, and no secret goes into a file.
  if (!choice.asked && redactAll(inputs) !== inputs) return 'its inputs hold a secret of the environment.';
  try {
    await needDriver();
    if (!choice.asked) prepareDefaultFolder(choice.path);
    return undefined;
  } catch (thrown) {
    if (choice.asked) throw thrown;
    return messageOf(thrown);
  }
}
