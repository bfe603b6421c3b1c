import { CrewError } from '../errors.ts';
import { knowsSecrets, redactAll } from '../internal/redact.ts';
import { hideKeyOfEnvironment } from '../internal/secret.ts';
import type { RunHandle } from '../spec/engine.ts';
import type { Json } from '../spec/json.ts';
import type { RunResult } from '../spec/outcome.ts';
import type { AskedQuestion } from '../spec/question.ts';
import { changesBetween } from './changes.ts';

/** A run that has ended, as it is recorded. */
export class PastRun implements RunHandle {
  readonly runId: string;
  readonly #result: RunResult;

  constructor(runId: string, result: RunResult) {
    this.runId = runId;
    this.#result = result;
  }

  async result(): Promise<RunResult> {
    return this.#result;
  }

  /** It asks nothing any more. */
  async questions(): Promise<readonly AskedQuestion[]> {
    return [];
  }

  answer(): Promise<void> {
    return this.signal();
  }

  async signal(): Promise<void> {
    throw new CrewError('RUN_UNKNOWN', `Run ${this.runId} has ended: nobody waits for anything.`, {
      runId: this.runId,
    });
  }

  /** What is over cannot be cancelled, and need not be. */
  async cancel(): Promise<void> {}
}

/** What is done is done, and so is what is done in part: whoever wants more of it replays. */
export function isFinished(status: string): boolean {
  return status === 'done' || status === 'partial';
}

/** Inputs are kept as they are, for a run that is resumed needs them. @throws {CrewError} `INPUT_INVALID` for a secret in them. */
export function refuseSecrets(inputs: Json, runId: string): void {
  hideKeyOfEnvironment();
  if (!knowsSecrets() || redactAll(inputs) === inputs) return;
  const message =
    'The inputs hold a value that was declared secret, and a durable run would write it down. Give it to the tool that needs it instead.';
  throw new CrewError('INPUT_INVALID', message, { runId });
}

/** A run that is to be gone on with, as it was begun. */
interface Begun {
  readonly runId: string;
  readonly crew: string;
  /** As JSON. */
  readonly definition: string;
}

/** @throws {CrewError} `RUN_CHANGED` naming what is not as it was. */
export function refuseChanges({ runId, crew, definition }: Begun, now: string | undefined): void {
  if (now === undefined) return;
  const changes = changesBetween(definition, now);
  if (changes.length === 0) return;
  const list = changes.map((change) => `\n- ${change}`).join('');
  throw new CrewError(
    'RUN_CHANGED',
    `Crew "${crew}" is not what run ${runId} was started with:${list}\nResume it with the crew as it was, or with acceptChanges: true; then what is recorded stays as it is, and the rest is worked as the crew is now.`,
    { runId },
  );
}

/** @throws {CrewError} `RUN_UNKNOWN` where the run is one of another crew. */
export function refuseOtherCrew({ runId, crew: of }: Pick<Begun, 'runId' | 'crew'>, crew: string): void {
  if (of === crew) return;
  throw new CrewError('RUN_UNKNOWN', `Run ${runId} is one of crew "${of}", not of "${crew}".`, { runId });
}
