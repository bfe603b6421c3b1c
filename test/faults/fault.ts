import type { Ending } from './ending.ts';
import type { World } from './world.ts';

/** One thing that goes wrong in a run, and how the run has to end when nothing else does. */
export interface Fault {
  /** `F01`; the same for all rows of a class. */
  readonly id: string;
  /** What happens, in words. */
  readonly title: string;
  readonly inject: (world: World) => void;
  readonly ends: Ending;
  /** Codes that it may end with only where another fault keeps it from ending as above. @default none */
  readonly inCompany?: readonly string[];
}

/** A class of faults that is tested where the code is, not here: the file, and the name of one of its tests. */
export interface Elsewhere {
  readonly file: string;
  readonly test: string;
}
