import type { Engine } from '../spec/engine.ts';

/** The engine that a crew was declared with, if any; for the command line only. */
export const OWN_ENGINE: unique symbol = Symbol.for('crewline.ownEngine');

/**
 * A crew's method, for the command line only, that makes the same crew on another engine, unless it was declared with one.
 * Its runs say where it was found.
 */
export const ON_ENGINE: unique symbol = Symbol.for('crewline.onEngine');

/** What `--engine` calls an engine, such as `sqlite:own.db`: a getter of it, for the command line only. May hold a password. */
export const ENGINE_NAME: unique symbol = Symbol.for('crewline.engineName');

/** What the command line knows of a crew that the crew does not. */
export interface CrewSite {
  /** Where it runs when it does not say so itself. @default in memory */
  readonly engine?: Engine | undefined;
  /** Its file, as seen from the working directory. */
  readonly file: string;
}
