import { isAboutOutput } from '../reviews.ts';
import type { Observed } from '../run-seed.ts';

const SEND_BACKS = 3;

/** While a person looks at an output, nothing is done for that task; and what is done in the end, a person has let pass. */
export function reviewsHold({ scenario, world, result }: Observed): readonly string[] {
  const wrong: string[] = [];
  /** By task: the question that is open, how often it was sent back, and what was said last. */
  const open = new Map<string, string>();
  const sentBack = new Map<string, number>();
  const last = new Map<string, string>();
  for (const event of world.events) {
    if (isAboutOutput(event)) {
      const { taskName, callId } = event;
      if (event.type === 'review.requested') {
        if (open.has(taskName)) wrong.push(`${callId} is asked while ${open.get(taskName)} is open`);
        open.set(taskName, callId);
        continue;
      }
      if (open.get(taskName) !== callId) wrong.push(`${callId} is answered, and was not asked`);
      open.delete(taskName);
      last.set(taskName, event.answer);
      if (event.answer === 'sendBack') sentBack.set(taskName, (sentBack.get(taskName) ?? 0) + 1);
    } else if (event.type === 'model.start' || event.type === 'tool.start') {
      const question = open.get(event.taskName);
      if (question !== undefined) wrong.push(`${event.callId} began while ${question} was open`);
    } else if (event.type === 'task.end' || event.type === 'task.retry') {
      // Cancelled, or out of time, it is not waited for any more.
      open.delete(event.taskName);
      if (event.type === 'task.retry') sentBack.delete(event.taskName);
    }
  }
  for (const [name, times] of sentBack) if (times > SEND_BACKS + 1) wrong.push(`${name} was sent back ${times} times`);
  scenario.reviews.forEach((plan, position) => {
    const task = result?.tasks[`t${position}`];
    if (plan === undefined || task?.status !== 'done' || task.error !== null) return;
    const said = last.get(task.name);
    if (said !== 'approve' && said !== 'edit') wrong.push(`${task.name} is done, and a person said ${said}`);
  });
  return wrong;
}
