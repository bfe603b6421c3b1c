import { abortCases } from './engine-cases/aborting.ts';
import { cancelCases } from './engine-cases/cancelling.ts';
import { keptCases } from './engine-cases/kept.ts';
import { placeCases } from './engine-cases/places.ts';
import { questionCases } from './engine-cases/questions.ts';
import { runCases } from './engine-cases/runs.ts';
import { signalCases } from './engine-cases/signals.ts';
import { stepCases } from './engine-cases/steps.ts';
import { taskCases } from './engine-cases/tasks.ts';
import { waitCases } from './engine-cases/waits.ts';
import type { EngineCase } from './engine-probe.ts';

export type { EngineCase, MakeEngine } from './engine-probe.ts';

/**
 * What every engine must do, case by case, for any test runner:
 *
 * ```ts
 * for (const { name, run } of engineCases) test(name, () => run((runtime) => myEngine({ runtime })));
 * ```
 *
 * Each case makes an engine of its own, on a clock that stands still until the case moves it.
 */
export const engineCases: readonly EngineCase[] = Object.freeze([
  ...runCases,
  ...stepCases,
  ...waitCases,
  ...signalCases,
  ...questionCases,
  ...taskCases,
  ...cancelCases,
  ...abortCases,
  ...placeCases,
  ...keptCases,
]);
