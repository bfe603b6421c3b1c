import { inspect } from 'node:util';
import { CANARY } from '../canary.ts';
import type { Observed } from '../run-seed.ts';

/** S02: a tool that somebody must agree to runs only after that, for that very call. */
export function nothingRunsUnapproved({ scenario, world }: Observed): readonly string[] {
  const asks = new Set(
    scenario.tools.filter(({ approval, risk }) => approval || risk === 'exec').map(({ name }) => name),
  );
  const ran = world.spans.filter(({ kind, name, key }) => kind === 'tool' && asks.has(name) && !world.agreed.has(key));
  return ran.map(({ name, key }) => `${name} ran at ${key}, and nobody had agreed`);
}

/** A task is not worked again once a tool was called in it that may be called once only. */
export function onceIsOnce({ scenario, world }: Observed): readonly string[] {
  const once = new Set(scenario.tools.filter(({ effect }) => effect === 'once').map(({ name }) => name));
  const wrong: string[] = [];
  for (const event of world.events) {
    if (event.type !== 'task.retry') continue;
    const ran = world.spans.find(
      ({ kind, name, taskName, key }) =>
        kind === 'tool' && taskName === event.taskName && once.has(name) && attemptOf(key) <= event.attempt,
    );
    if (ran !== undefined) wrong.push(`${event.taskName} is worked again although ${ran.name} was called in it`);
  }
  return wrong;
}

function attemptOf(key: string): number {
  return Number(/\/attempt\.(\d+)/.exec(key)?.[1] ?? 1);
}

/** I20: no event, no result, no error and no request to a model holds a secret that somebody let slip. */
export function noSecretIsTold({ world, result, thrown }: Observed): readonly string[] {
  const secret = CANARY.reveal();
  const spelled = JSON.stringify(secret).slice(1, -1);
  const holds = (text: string) => text.includes(secret) || text.includes(spelled);
  const wrong: string[] = [];
  // All at once first: one event after the other takes twice as long.
  if (holds(JSON.stringify(world.events)))
    for (const event of world.events)
      if (holds(JSON.stringify(event))) wrong.push(`${event.type} (${event.seq}) holds a secret`);
  if (result !== undefined && holds(JSON.stringify(result))) wrong.push('the result holds a secret');
  for (const { name, error } of Object.values(result?.tasks ?? {}))
    if (error !== null && holds(inspect(error, { depth: 6 }))) wrong.push(`the error of ${name} holds a secret`);
  if (thrown !== undefined && holds(inspect(thrown))) wrong.push('what was thrown holds a secret');
  for (const { key, request } of world.asked)
    if (request.messages.some(({ content }) => holds(content))) wrong.push(`the request ${key} holds a secret`);
  return wrong;
}
