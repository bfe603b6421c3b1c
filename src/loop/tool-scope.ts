import type { CrewError } from '../errors.ts';
import type { ToolScope } from '../tool.ts';
import type { Work } from './work.ts';

/** What one call of a tool is given, and how its signal is aborted when its own time is over. */
export interface CallScope {
  readonly scope: ToolScope;
  abort(reason: CrewError): void;
  /** Nothing is waited for any more. */
  close(): void;
}

/** The signal is made when the tool first reads it: it costs more than a small call. */
export function scopeOf({ ctx, assignment }: Work, key: string): CallScope {
  let controller: AbortController | undefined;
  let unlisten: (() => void) | undefined;
  let over: CrewError | undefined;
  const abort = (reason: CrewError) => {
    over ??= reason;
    controller?.abort(reason);
  };
  const open = () => {
    const made = new AbortController();
    controller = made;
    if (over !== undefined) made.abort(over);
    else unlisten = ctx.onAbort(abort);
    return made;
  };
  const scope: ToolScope = {
    key,
    runId: ctx.runId,
    taskName: assignment.taskName,
    inputs: assignment.view.inputs,
    get signal() {
      controller ??= open();
      return controller.signal;
    },
  };
  return { scope, abort, close: () => unlisten?.() };
}
