import type { Run } from 'crewline';
import type { ListenerPlan } from './scenario.ts';
import type { World } from './world.ts';

/** How messages call a listener: no other of any run is called so. */
export function callOf(runId: string, at: number): string {
  return `listener ${at} of ${runId}`;
}

/** Has a run heard by those who break over what they hear. */
export function listen(world: World, run: Run): void {
  for (const [at, { type, breaks, after }] of world.scenario.listeners.entries()) {
    const heard: number[] = [];
    world.heard.push(heard);
    run.on(type, ({ seq }): unknown => {
      heard.push(seq);
      return heard.length > after ? broken(callOf(run.runId, at), breaks) : undefined;
    });
  }
}

function broken(words: string, how: ListenerPlan['breaks']): unknown {
  switch (how) {
    case 'throws':
      throw new Error(words);
    case 'throwsText':
      throw words;
    case 'rejects':
      return Promise.reject(new Error(words));
  }
}
