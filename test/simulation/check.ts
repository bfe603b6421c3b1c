import { lanesComeBack, nothingIsLeft } from './invariants/baseline.ts';
import { budgetsHold, cancelledInTime, lanesHold, tasksEndInTime } from './invariants/bounds.ts';
import { closedStaysClosed, nothingAfterCancel, retriesAreBounded, usageAddsUp } from './invariants/calls.ts';
import { chatProtocol } from './invariants/chat.ts';
import { agentsReadTheirContext, codeReadsItsContext, coworkersAreHeard, outputsAreKept } from './invariants/data.ts';
import { eventsTellTheResult, grammarOfCalls, grammarOfTasks, numbering } from './invariants/events.ts';
import { comesToAnEnd, makespan, oneEnd, precedence, runningAtMost, runStatus } from './invariants/graph.ts';
import { listenersAreTold } from './invariants/listeners.ts';
import { reviewsHold } from './invariants/reviews.ts';
import { noSecretIsTold, nothingRunsUnapproved, onceIsOnce } from './invariants/tools.ts';
import type { Observed } from './run-seed.ts';

/** Says what is wrong with a run that was seen; nothing, when it holds. */
export type Invariant = (seen: Observed) => readonly string[];

/** What holds of every run, whatever happens to it. */
const INVARIANTS: readonly Invariant[] = [
  comesToAnEnd,
  precedence,
  runningAtMost,
  oneEnd,
  runStatus,
  outputsAreKept,
  codeReadsItsContext,
  agentsReadTheirContext,
  coworkersAreHeard,
  makespan,
  nothingAfterCancel,
  usageAddsUp,
  retriesAreBounded,
  closedStaysClosed,
  lanesHold,
  budgetsHold,
  tasksEndInTime,
  cancelledInTime,
  numbering,
  grammarOfTasks,
  grammarOfCalls,
  eventsTellTheResult,
  chatProtocol,
  reviewsHold,
  nothingRunsUnapproved,
  onceIsOnce,
  noSecretIsTold,
  nothingIsLeft,
  lanesComeBack,
  listenersAreTold,
];

/** One invariant that a run broke. */
export interface Broken {
  readonly invariant: string;
  readonly what: string;
}

/** Looks at a run from all sides, and at its twin. A run that came to no end is told as just that. */
export function brokenIn(seen: Observed): readonly Broken[] {
  const broken = brokenBy(seen);
  return broken.length > 0 || seen.twin === undefined ? broken : brokenBy(seen.twin);
}

function brokenBy(seen: Observed): readonly Broken[] {
  for (const invariant of INVARIANTS) {
    const found = answerOf(invariant, seen);
    if (found.length > 0) return found.slice(0, 5).map((what) => ({ invariant: invariant.name, what }));
  }
  return [];
}

/** A run can be so wrong that looking at it fails. */
function answerOf(invariant: Invariant, seen: Observed): readonly string[] {
  try {
    return invariant(seen);
  } catch (thrown) {
    return [`it could not be checked: ${thrown}`];
  }
}
