import { CrewError, messageOf } from '../errors.ts';
import type { Plan, Run } from '../index.ts';
import { type CrewSite, ON_ENGINE, OWN_ENGINE } from '../internal/crew-engine.ts';
import { isObject } from '../internal/json.ts';
import { THROUGH_MODELS, type ThroughModels } from '../internal/through-models.ts';
import type { Approve } from '../spec/approval.ts';
import type { Decisions } from '../spec/decision.ts';
import type { Engine } from '../spec/engine.ts';
import type { JsonObject, JsonSchema } from '../spec/json.ts';
import type { Message } from '../spec/message.ts';
import type { RunResult } from '../spec/outcome.ts';
import type { OpenReview, Review, ReviewAnswer } from '../spec/review.ts';
import type { ServeOptions, Service } from '../spec/service.ts';
import { findCrewFile } from './crew-file.ts';
import { importCrew } from './import-crew.ts';
import { isCrewError } from './report.ts';

/** How the command line has every run worked. */
export interface Settling {
  readonly settle: true;
  readonly approve?: Approve;
  /** False: nobody is there to look at an output. */
  readonly review: Review | false;
}

/** A crew as the command line uses it, its types forgotten. */
export interface LoadedCrew {
  readonly kind: 'crew';
  readonly name: string;
  /** The JSON schema of its inputs; undefined for a crew that takes any. */
  readonly inputsSchema: JsonSchema | undefined;
  start(options: Settling & { readonly inputs: JsonObject; readonly reuse?: string }): Run<RunResult>;
  reopen(
    runId: string,
    options: Settling & { readonly acceptChanges: boolean; readonly decisions: Decisions },
  ): Run<RunResult>;
  startReplay(
    runId: string,
    options: Settling & { readonly from: readonly string[]; readonly inputs: JsonObject },
  ): Run<RunResult>;
  /** Absent in a crew of another, older copy of crewline. */
  serve?(options?: ServeOptions): Promise<Service>;
  answer(runId: string, name: string, answer: ReviewAnswer): Promise<void>;
  reviews(runId: string): Promise<readonly OpenReview[]>;
  readonly [OWN_ENGINE]?: Engine | undefined;
  [ON_ENGINE]?(site: CrewSite): LoadedCrew;
  /** The same crew, every model of it called through something else. */
  [THROUGH_MODELS](through: ThroughModels): LoadedCrew;
  plan(): Plan;
  /** Absent in a crew of another, older copy of crewline. */
  forecast?(): Promise<Plan>;
  renderPrompt(task: string, options: { readonly inputs: JsonObject }): readonly Message[];
}

/** A crew, and where it was found. */
export interface FoundCrew {
  readonly crew: LoadedCrew;
  readonly file: string;
}

/** Known by what it says of itself: a crew of another copy of crewline is a crew too. */
function isCrew(value: unknown): value is LoadedCrew {
  return isObject(value) && value['kind'] === 'crew' && typeof value['start'] === 'function';
}

/**
 * Finds a crew by name or path, and loads it.
 * @throws {CrewError} `CREW_FILE` when there is no such file, when it does not load, or when it does not export one crew.
 * @throws {DefinitionError} when the crew in it is declared wrongly.
 */
export async function loadCrew(crew: string, cwd: string): Promise<FoundCrew> {
  const file = findCrewFile(crew, cwd);
  let exported: object;
  try {
    exported = await importCrew(file);
  } catch (error) {
    if (isCrewError(error)) throw error;
    // Node adds the modules that led there; the first line says what is missing.
    const what = messageOf(error).split('\nRequire stack')[0];
    throw new CrewError('CREW_FILE', `${file} does not load: ${what}`, { cause: error });
  }
  return { crew: pickCrew(exported, file), file };
}

function pickCrew(exported: object, file: string): LoadedCrew {
  const entries = Object.entries(exported);
  const main = entries.find(([name, value]) => name === 'default' && isCrew(value))?.[1];
  if (isCrew(main)) return main;
  const crews = new Map<LoadedCrew, string>();
  for (const [name, value] of entries) {
    if (isCrew(value)) crews.set(value, name);
  }
  const [only] = crews.keys();
  if (only !== undefined && crews.size === 1) return only;
  if (crews.size > 1) {
    const names = [...crews.values()].join(', ');
    throw new CrewError('CREW_FILE', `${file} exports ${crews.size} crews (${names}): make one the default export.`);
  }
  const names = entries.map(([name]) => name).join(', ');
  const what = names === '' ? 'exports nothing' : `exports no crew, only ${names}`;
  throw new CrewError('CREW_FILE', `${file} ${what}: write "export default new Crew({ … })".`);
}
