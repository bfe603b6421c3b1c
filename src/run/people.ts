import type { Approve } from '../spec/approval.ts';
import type { TaskCtx } from '../spec/engine.ts';
import type { Review } from '../spec/review.ts';

/** Who is there to be asked while a run goes on in this process. */
export interface People {
  readonly approve: Approve | undefined;
  readonly review: Review | undefined;
  /** Whether somebody holds the run and may answer by `run.answer`: then it waits, else it pauses. */
  readonly waits: boolean;
  /** Whether questions outlive the process, so that they can be answered later and from elsewhere. */
  readonly durable: boolean;
}

const NOBODY: People = Object.freeze({ approve: undefined, review: undefined, waits: false, durable: false });

/** Who can be asked by a piece of work. Where another process holds its run, that can be asked in the end, but has no callbacks here. */
export function peopleOf(
  { people }: { readonly people: ReadonlyMap<string, People> },
  { runId, attended }: Pick<TaskCtx, 'runId' | 'attended'>,
): People {
  const here = people.get(runId);
  if (here !== undefined || attended === undefined) return here ?? NOBODY;
  return { ...NOBODY, waits: attended, durable: true };
}

/** What becomes of a tool call that needs a yes where no callback gives one. */
export function absenceOf({ waits, durable }: People): 'refuse' | 'wait' | 'pause' {
  if (!durable) return 'refuse';
  return waits ? 'wait' : 'pause';
}
