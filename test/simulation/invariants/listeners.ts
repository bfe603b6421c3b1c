import { isDeepStrictEqual } from 'node:util';
import { callOf } from '../listeners.ts';
import type { Observed } from '../run-seed.ts';

/** A listener that breaks is told of once, and hears all that it asked for all the same. */
export function listenersAreTold({ scenario, world }: Observed): readonly string[] {
  const wrong: string[] = [];
  const [first] = world.events;
  for (const [at, { type, after }] of scenario.listeners.entries()) {
    const heard = world.heard[at] ?? [];
    const told = world.events.filter((event) => event.type === type).map(({ seq }) => seq);
    if (!isDeepStrictEqual(heard, told))
      wrong.push(`listener ${at} heard ${heard.length} of ${told.length} ${type}: ${heard.join(', ')}`);
    const called = callOf(first?.runId ?? '', at);
    const reports = world.warnings.filter((text) => text.endsWith(called)).length;
    const due = heard.length > after ? 1 : 0;
    if (reports !== due) wrong.push(`that listener ${at} broke over ${type} is told ${reports} times, ${due} is right`);
  }
  return wrong;
}
