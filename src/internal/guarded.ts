import { messageOf } from '../errors.ts';

/** A listener of a user's whose failures harm nothing: the first is told as a warning of the process, which says `what` threw. */
export function guarded<E>(what: string, listener: (event: E) => unknown): (event: E) => void {
  let reported = false;
  const report = (thrown: unknown) => {
    if (reported) return;
    reported = true;
    process.emitWarning(`${what} threw, and the run went on: ${messageOf(thrown)}`, 'CrewlineWarning');
  };
  return (event) => {
    try {
      const returned = listener(event);
      // Nobody awaits a listener, so a rejection of its promise would end the process.
      if (returned instanceof Promise) returned.catch(report);
    } catch (thrown) {
      report(thrown);
    }
  };
}
