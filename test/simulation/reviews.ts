import type { CrewEvent, EventOf, Json, Review, ReviewAnswer, Run } from 'crewline';
import { hashOf } from './draw.ts';
import type { ReviewPlan } from './scenario.ts';
import { fitting, markOf, marksIn } from './words.ts';
import type { World } from './world.ts';

/** What the person of a seed says of an output: the same each time that they see it. */
function answerOf(world: World, plan: ReviewPlan, seen: Seen): ReviewAnswer {
  const { taskName, id, output, problem } = seen;
  const task = world.scenario.tasks[Number(taskName.slice(1))];
  const edit = (): ReviewAnswer => {
    const mark = markOf(taskName, `edited ${marksIn(JSON.stringify(output))}`);
    const value: Json = task?.output === undefined ? mark : fitting(task.output, mark, 'edited');
    world.produce(taskName, value);
    return { edit: value };
  };
  const says = plan.says === 'doubts' ? (['approve', 'edit', 'sendBack'] as const)[hashOf(id) % 3] : plan.says;
  switch (says) {
    case 'edit':
      return edit();
    case 'badEdit':
      // Nothing that code returns is wrong where it has no schema.
      return problem === undefined && task?.by === 'agent' ? { edit: 7 } : edit();
    case 'sendBack':
      return { sendBack: 'Say it better, {{topic}}.' };
    default:
      return { approve: true };
  }
}

interface Seen {
  readonly taskName: string;
  readonly id: string;
  readonly output: unknown;
  readonly problem: string | undefined;
}

function planOf({ scenario }: World, taskName: string): ReviewPlan | undefined {
  return scenario.reviews[Number(taskName.slice(1))];
}

/** The person as a callback. Who is asked about a task that is answered by the run's handle says nothing, unless `all`. */
export function simReview(world: World, { all }: { readonly all: boolean }): Review | undefined {
  if (world.scenario.reviews.length === 0) return undefined;
  return async ({ taskName, id, output, problem, signal }) => {
    const span = world.begin('review', taskName, taskName, id);
    try {
      const plan = planOf(world, taskName);
      const says = plan?.answers === true && (all || plan.via === 'callback');
      await world.clock.sleep(says ? plan.ms : 1e12, signal);
      return plan === undefined ? { approve: true } : answerOf(world, plan, { taskName, id, output, problem });
    } finally {
      world.end(span);
    }
  };
}

/** The person as whoever holds the run. What is returned lets nobody answer any more. */
export function answerByHandle(world: World, run: Run): () => void {
  const cancels = new Set<() => void>();
  run.on('review.requested', (event) => {
    const plan = planOf(world, event.taskName);
    if (event.kind !== 'output' || plan?.answers !== true || plan.via !== 'handle') return;
    const cancel = world.clock.timer(plan.ms, () => {
      cancels.delete(cancel);
      void answer(world, run, event, plan);
    });
    cancels.add(cancel);
  });
  return () => {
    for (const cancel of cancels) cancel();
  };
}

async function answer(
  world: World,
  run: Run,
  { taskName, callId, output, problem }: Extract<EventOf<'review.requested'>, { readonly kind: 'output' }>,
  plan: ReviewPlan,
): Promise<void> {
  const seen = { taskName, id: callId, output, problem };
  try {
    await run.answer(callId, answerOf(world, plan, seen));
  } catch (error) {
    const code: unknown = Reflect.get(Object(error), 'code');
    // Nobody took it, and the review is open still: better then.
    if (code === 'OUTPUT_INVALID') {
      await run.answer(callId, answerOf(world, plan, { ...seen, problem: 'wrong' })).catch(() => undefined);
    } else if (code !== 'REVIEW_ANSWERED') world.warnings.push(`an answer to ${callId} was refused: ${error}`);
  }
}

/** The questions about outputs, by id: whether they are open. */
export function isAboutOutput(
  event: CrewEvent,
): event is Extract<EventOf<'review.requested'> | EventOf<'review.answered'>, { readonly kind: 'output' }> {
  return (event.type === 'review.requested' || event.type === 'review.answered') && event.kind === 'output';
}
