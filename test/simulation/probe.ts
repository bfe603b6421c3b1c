import { Agent, Crew, type Engine, type Model, Task } from 'crewline';
import type { World } from './world.ts';

const TEXT = { goal: 'Answer', backstory: 'Long' };

/**
 * Calls each model once more, in a run of its own, and tells how that ended: a place in a lane that was not given back,
 * or somebody who still waits in one, would keep it from ending well.
 */
export async function probe(world: World, models: readonly Model[], engine: Engine): Promise<string> {
  const asked = world.asked.length;
  world.calm = true;
  const agents = models.map((model, at) => new Agent({ role: `Probe ${at}`, ...TEXT, model }));
  const tasks = agents.map(
    (agent, at) => new Task({ name: `p${at}`, description: 'Answer', expectedOutput: 'A text', agent }),
  );
  const run = new Crew({ name: 'probe', agents, tasks, process: 'parallel', engine }).start({ settle: true });
  let ended: string | undefined;
  void run.result.then(
    ({ status, error }) => {
      ended = [status, error?.code].join(' ').trim();
    },
    (thrown: unknown) => {
      ended = `rejected: ${thrown}`;
    },
  );
  const stuck = await world.clock.drive(() => ended !== undefined);
  world.asked.length = asked;
  return stuck ?? ended ?? 'nothing';
}
