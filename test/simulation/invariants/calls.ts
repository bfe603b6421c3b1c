import type { Observed } from '../run-seed.ts';

/** I9: once a run is cancelled, no model, tool, guardrail, condition or code is called any more. */
export function nothingAfterCancel({ world: { cancelled, asked, spans } }: Observed): readonly string[] {
  if (cancelled === undefined) return [];
  const late = [
    ...asked.slice(cancelled.asked).map(({ key, startedAt }) => `a model was asked ${key} at ${startedAt}`),
    ...spans.slice(cancelled.spans).map(({ kind, name, startedAt }) => `${kind} ${name} began at ${startedAt}`),
  ];
  return late.map((what) => `${what}, after the run was cancelled at ${cancelled.at}`);
}

/** Every call of a model is counted once: in its task, in the run, and in the events. */
export function usageAddsUp({ world, result }: Observed): readonly string[] {
  if (result === undefined) return [];
  const wrong: string[] = [];
  if (result.usage.modelCalls !== world.asked.length)
    wrong.push(`${result.usage.modelCalls} calls are reported, ${world.asked.length} were made`);
  for (const { name, usage } of Object.values(result.tasks)) {
    const made = world.asked.filter(({ taskName }) => taskName === name).length;
    if (usage.modelCalls !== made) wrong.push(`${usage.modelCalls} calls are reported for ${name}, ${made} were made`);
  }
  return wrong;
}

/** I14: a call that failed is made again no more often than its model's retries allow, not too early, not too late. */
export function retriesAreBounded({ world, scenario }: Observed): readonly string[] {
  const wrong: string[] = [];
  const due = new Map<string, number>();
  const tried = new Map<string, number>();
  for (const event of world.events) {
    if (event.type === 'model.retry') {
      const { delayMs, callId, model } = event;
      if (!(delayMs >= 0 && delayMs <= LONGEST_WAIT_MS)) wrong.push(`${callId} is tried again after ${delayMs} ms`);
      due.set(`${model} ${callId}`, event.time + delayMs);
    } else if (event.type === 'model.start') {
      const { callId, model, time } = event;
      const id = `${model} ${callId}`;
      const early = (due.get(id) ?? 0) - time;
      if (early > 0.001) wrong.push(`${callId} was tried again ${early} ms too early`);
      const plan = scenario.models.find(({ name }) => name === model);
      // A hedged call may make each of its tries twice.
      const most = (1 + (plan?.retries ?? RETRIES)) * (plan?.route === 'hedge' ? 2 : 1);
      const count = (tried.get(id) ?? 0) + 1;
      tried.set(id, count);
      if (count > most) wrong.push(`${callId} was asked of ${model} ${count} times, ${most} are allowed`);
    }
  }
  return wrong;
}

const RETRIES = 6;
/** The longest that a script asks to wait, and the tenth more that is added. */
const LONGEST_WAIT_MS = 100 * 3_600_000 * 1.1;

/** F03: an account that is empty is not asked again in the same run. */
export function closedStaysClosed({ world }: Observed): readonly string[] {
  const closed = new Set<string>();
  const wrong: string[] = [];
  for (const event of world.events) {
    if (event.type === 'model.end' && event.error?.code === 'QUOTA_EXHAUSTED') closed.add(event.model);
    else if (event.type === 'model.start' && closed.has(event.model))
      wrong.push(`${event.callId} asked ${event.model}, whose account is empty`);
  }
  return wrong;
}
