import type { Run } from '../index.ts';
import type { RunResult } from '../spec/outcome.ts';
import { Interrupt } from './interrupt.ts';
import type { Progress } from './progress.ts';
import { INTERRUPTED } from './tell-result.ts';

/** How a run is waited for. */
export interface Waiting {
  readonly progress: Progress;
  /** What a terminal that is closed means. */
  readonly onHangUp: 'stop' | 'stay';
  /** What there is to say when somebody will not wait for the end. */
  readonly left: () => string | undefined;
}

/** Waits for the end of a run, or for somebody who wants it to stop. */
export async function settle(
  underWay: Run<RunResult>,
  { progress, onHangUp, left }: Waiting,
): Promise<{ result: RunResult; asked: boolean }> {
  const interrupt = new Interrupt({
    onHangUp,
    first() {
      progress.say('Stopping what is under way. Press Ctrl-C again to leave at once.');
      underWay.cancel('interrupted');
    },
    second() {
      const words = left();
      if (words !== undefined) progress.say(words);
      progress.close();
      process.exit(INTERRUPTED);
    },
  });
  // A promise that the crew's own code forgot must not take the run with it.
  const orphan = (reason: unknown): void => progress.say(`A promise was rejected and nobody handled it: ${reason}`);
  interrupt.listen();
  process.on('unhandledRejection', orphan);
  try {
    return { result: await underWay.result, asked: interrupt.asked };
  } finally {
    process.off('unhandledRejection', orphan);
    interrupt.stop();
  }
}
