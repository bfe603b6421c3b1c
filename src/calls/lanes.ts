import type { Runtime } from '../internal/runtime.ts';
import type { Lane as LaneOfModel, Limiter } from '../spec/limits.ts';
import { Lane } from './lane.ts';

const lanes = new WeakMap<Runtime, WeakMap<object, Limiter>>();

/** The lane of a model in this process: one for each model object and clock, whichever crew, run or engine asks. */
export function laneOf({ owner, limits }: LaneOfModel, runtime: Runtime): Limiter {
  let ofRuntime = lanes.get(runtime);
  if (ofRuntime === undefined) {
    ofRuntime = new WeakMap();
    lanes.set(runtime, ofRuntime);
  }
  let lane = ofRuntime.get(owner);
  if (lane === undefined) {
    lane = new Lane(runtime, limits);
    ofRuntime.set(owner, lane);
  }
  return lane;
}
