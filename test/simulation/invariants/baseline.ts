import { getEventListeners } from 'node:events';
import type { Observed } from '../run-seed.ts';

/** I19: whoever comes after a run finds its models' lanes as free as before; a provider may have asked for a pause. */
export function lanesComeBack({ probed }: Observed): readonly string[] {
  const fine = probed === undefined || probed === 'done' || probed === 'paused PROVIDER_WAIT';
  return fine ? [] : [`a run with the same models ended: ${probed}`];
}

/** I19: once a run is over, nothing of it is left: no timer, no call under way, no listener but the one its signal keeps. */
export function nothingIsLeft({ left, world, signal, stuck }: Observed): readonly string[] {
  if (stuck !== undefined) return [];
  const wrong = left > 0 ? [`${left} timers are left`] : [];
  const listening = signal === undefined ? 0 : getEventListeners(signal, 'abort').length;
  if (listening > 1) wrong.push(`${listening} listeners are left on the signal of the run`);
  for (const { key, endedAt, deaf } of world.asked)
    if (endedAt === undefined && !deaf) wrong.push(`the call ${key} is still under way`);
  return wrong;
}
