import type { EventOf } from 'crewline';
import type { Observed } from '../run-seed.ts';

const MINUTE_MS = 60_000;

/** I2: whoever shares a model, it never has more calls under way than it takes, nor more of them or of their tokens in any minute. */
export function lanesHold({ scenario, calls }: Observed): readonly string[] {
  const wrong: string[] = [];
  for (const { name, limits } of scenario.models) {
    if (limits === undefined) continue;
    const { maxConcurrency = Number.POSITIVE_INFINITY, requestsPerMinute = Number.POSITIVE_INFINITY } = limits;
    let under = 0;
    const starts: number[] = [];
    for (const event of calls) {
      if (!('model' in event) || event.model !== name) continue;
      if (event.type === 'model.end') under -= 1;
      if (event.type !== 'model.start') continue;
      under += 1;
      starts.push(event.time);
      if (under > maxConcurrency) wrong.push(`${under} calls of ${name} are under way, ${maxConcurrency} are allowed`);
      const minute = starts.filter((time) => time > event.time - MINUTE_MS).length;
      if (minute > requestsPerMinute)
        wrong.push(`${minute} calls of ${name} in a minute, ${requestsPerMinute} are allowed`);
    }
    wrong.push(
      ...tokensHold(
        calls.filter((event) => event.type === 'model.end' && event.model === name),
        limits,
      ),
    );
  }
  return wrong;
}

function tokensHold(
  ends: readonly Observed['world']['events'][number][],
  limits: { readonly tokensPerMinute?: number },
): readonly string[] {
  const { tokensPerMinute = Number.POSITIVE_INFINITY } = limits;
  const calls = ends.flatMap((end) =>
    end.type === 'model.end' ? [{ at: end.time - end.durationMs, tokens: tokensOf(end) }] : [],
  );
  const wrong: string[] = [];
  for (const { at } of calls) {
    const minute = calls.filter((call) => call.at > at - MINUTE_MS && call.at <= at);
    const sum = minute.reduce((total, { tokens }) => total + tokens, 0);
    // More than a minute's worth in one call goes when nothing else does.
    if (sum > tokensPerMinute && minute.length > 1)
      wrong.push(`${sum} tokens in a minute, ${tokensPerMinute} are allowed`);
  }
  return wrong;
}

const IMPOSSIBLE = 1e9;

/** Counts that nobody can have used are a fault, not a use. */
function tokensOf({ usage }: EventOf<'model.end'>): number {
  const tokens = usage === undefined ? 0 : usage.inputTokens + usage.outputTokens;
  return tokens < IMPOSSIBLE ? tokens : 0;
}

/** I10: nothing is spent beyond a budget, but for what the calls under way had not been expected to use. */
export function budgetsHold({ scenario, world, result }: Observed): readonly string[] {
  if (result === undefined) return [];
  const wrong: string[] = [];
  const most = Math.max(0, ...world.events.map((event) => (event.type === 'model.end' ? tokensOf(event) : 0)));
  const check = (
    what: string,
    budget: Observed['scenario']['budget'],
    usage: { modelCalls: number; inputTokens: number; outputTokens: number },
  ) => {
    const { modelCalls = Number.POSITIVE_INFINITY, tokens = Number.POSITIVE_INFINITY } = budget ?? {};
    if (usage.modelCalls > modelCalls) wrong.push(`${what} made ${usage.modelCalls} calls, ${modelCalls} are allowed`);
    const used = usage.inputTokens + usage.outputTokens;
    if (used < IMPOSSIBLE && used > tokens + most * scenario.models.length)
      wrong.push(`${what} used ${used} tokens, ${tokens} are allowed`);
  };
  check('the run', scenario.budget, result.usage);
  for (const { name, budget } of scenario.tasks) {
    const usage = result.tasks[name]?.usage;
    if (usage !== undefined) check(name, budget, usage);
  }
  return wrong;
}

const TASK_MS = 1_800_000;
const GRACE_MS = 2_000;

/** R5: a task ends when its time is over, whatever its model, its tools and its callbacks do. */
export function tasksEndInTime({ scenario, result, world }: Observed): readonly string[] {
  const wrong: string[] = [];
  for (const { name, timeoutMs = TASK_MS } of scenario.tasks) {
    const took = result?.tasks[name]?.durationMs ?? 0;
    // What is cancelled has its grace, whatever time it had.
    const hurried = scenario.failFast && result?.status === 'failed';
    const cancelled = hurried || world.cancelled !== undefined || result?.tasks[name]?.status === 'cancelled';
    const grace = cancelled ? (scenario.cancelGraceMs ?? GRACE_MS) : 0;
    if (took > timeoutMs + grace + 0.001) wrong.push(`${name} took ${took} ms, ${timeoutMs} are allowed`);
  }
  return wrong;
}

/** I9: once cancelled, a run is over within the grace that tools, callbacks and models have. */
export function cancelledInTime({ scenario, world }: Observed): readonly string[] {
  const end = world.events.at(-1);
  if (world.cancelled === undefined || end?.type !== 'run.end') return [];
  const took = end.time - world.clock.startMs - world.cancelled.at;
  const most = scenario.cancelGraceMs ?? GRACE_MS;
  return took > most + 0.001 ? [`it ended ${took} ms after it was cancelled, ${most} are allowed`] : [];
}
