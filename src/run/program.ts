import { CrewError } from '../errors.ts';
import { isJsonObject } from '../internal/json.ts';
import type { Program } from '../spec/engine.ts';
import { readChildInput } from './child-input.ts';
import type { CompiledCrew } from './compiled-crew.ts';
import { driveRun } from './drive-run.ts';
import { fingerprintsOf } from './fingerprints.ts';
import { rootOf, urgencies } from './urgency.ts';
import { workChild } from './work-child.ts';
import { workTask } from './work-task.ts';

/** What an engine runs for a crew. Tasks of the graph have their name as key, delegated work a path. */
export function programOf(crew: CompiledCrew): Program {
  return Object.freeze({
    crew: crew.data.name,
    priority: (key, learnt) => urgencies(crew.graph, learnt)[crew.graph.ids.get(rootOf(key)) ?? -1] ?? 0,
    fingerprints: (source) => fingerprintsOf(crew, source),
    run: (ctx, inputs) => driveRun(crew, ctx, inputs),
    task: (ctx, input) => {
      if (!ctx.key.includes('/') && isJsonObject(input)) return workTask(crew, ctx, input);
      const child = readChildInput(input);
      if (child !== undefined) return workChild(crew, ctx, child);
      throw new CrewError('TASK_FAILED', `The engine started "${ctx.key}" without its input.`);
    },
  } satisfies Program);
}
