import type { CrewEvent, EventOf, EventType } from '../events.ts';
import type { Plan, Run } from '../index.ts';
import { realRuntime } from '../internal/runtime.ts';
import { cleanText } from '../telemetry/clean.ts';
import { sayWarning } from '../telemetry/format.ts';
import { jsonLine } from '../telemetry/json-lines.ts';
import { plainLine } from '../telemetry/plain.ts';
import { TerminalTree } from '../telemetry/terminal.ts';
import { textWidth } from '../telemetry/width.ts';
import type { Session } from './session.ts';

/** How a run is told while it goes on. */
export interface Progress {
  /** What it wants to hear of. Models stream only when somebody wants `model.delta`. */
  readonly types: readonly EventType[];
  see(event: CrewEvent): void;
  /** Says something that is not an event, between what is shown. */
  say(text: string): void;
  /** Shows nothing until the function returned is called, so that somebody can be asked something; then what came meanwhile. */
  hold(): () => void;
  /** Shows the end, and gives the terminal back. May be called more than once. */
  close(): void;
}

const DELTAS: EventType = 'model.delta';
/** Typed as a record, so that a new type of event cannot be forgotten here. */
const EVERY: Readonly<Record<EventType, true>> = {
  'run.start': true,
  'run.end': true,
  'task.ready': true,
  'task.start': true,
  'task.end': true,
  'task.retry': true,
  'task.skipped': true,
  'task.reused': true,
  'model.start': true,
  'model.delta': true,
  'model.end': true,
  'model.retry': true,
  'model.superseded': true,
  'limit.wait': true,
  'tool.start': true,
  'tool.end': true,
  'delegation.start': true,
  'delegation.end': true,
  'guardrail.end': true,
  'review.requested': true,
  'review.answered': true,
  'budget.warning': true,
  'events.dropped': true,
  log: true,
};

function typesWhere(wanted: (type: EventType) => boolean): EventType[] {
  const types: EventType[] = [];
  for (const type in EVERY) {
    if (isEventType(type) && wanted(type)) types.push(type);
  }
  return types;
}

function isEventType(name: string): name is EventType {
  return Object.hasOwn(EVERY, name);
}

/** An event of a type known only as "one of them" is one of them, which the compiler cannot see. */
function isCrewEvent(event: { readonly type: EventType }): event is CrewEvent {
  return isEventType(event.type);
}

/** Tells a run to `progress` as it happens. */
export function listen(run: Run, progress: Progress): void {
  for (const type of progress.types) {
    run.on(type, (event) => {
      if (isCrewEvent(event)) progress.see(event);
    });
  }
}

/** What decides how a run is told. */
export interface ProgressOptions {
  readonly session: Session;
  readonly plan: Plan;
  readonly json: boolean;
  readonly deltas: boolean;
  /** Takes secrets out of what is shown. */
  readonly redact: (text: string) => string;
}

/** JSON lines on standard output when asked for; else, on standard error, a live tree on a terminal and lines in a pipe. */
export function progressFor(options: ProgressOptions): Progress {
  if (options.json) return jsonProgress(options);
  const { session } = options;
  const canDraw = session.stderr.isTerminal && session.env['TERM'] !== 'dumb';
  return canDraw ? treeProgress(options) : plainProgress(options);
}

function jsonProgress({ session, deltas, redact }: ProgressOptions): Progress {
  return {
    types: typesWhere((type) => deltas || type !== DELTAS),
    see: (event) => session.stdout.write(`${redact(jsonLine(event))}\n`),
    say: (text) => session.stderr.write(`${redact(cleanText(text, 'block'))}\n`),
    // Questions go to standard error, events do not.
    hold: () => () => undefined,
    close: () => undefined,
  };
}

function plainProgress({ session, plan, redact }: ProgressOptions): Progress {
  const colours = session.colours.stderr;
  const nameWidth = Math.min(32, Math.max(0, ...plan.tasks.map((task) => textWidth(task.name))));
  let startedAt: number | undefined;
  let held: string | undefined;
  const write = (line: string): void => {
    const text = `${redact(line)}\n`;
    if (held === undefined) session.stderr.write(text);
    else held += text;
  };
  return {
    types: typesWhere((type) => type === 'model.retry' || !(type.startsWith('model.') || type === 'task.ready')),
    see(event) {
      // What was refused has not begun, and its error says all there is to say.
      if (startedAt === undefined && event.type === 'run.end') return;
      startedAt ??= event.time;
      const line = plainLine(event, { startedAt, nameWidth, colours });
      if (line !== undefined) write(line);
    },
    say: (text) => write(cleanText(text, 'block')),
    hold() {
      held ??= '';
      return () => {
        session.stderr.write(held ?? '');
        held = undefined;
      };
    },
    close: () => undefined,
  };
}

/** A budget belongs to the run, or to one task. */
function warning(event: EventOf<'budget.warning'>): string {
  return event.taskName === undefined ? sayWarning(event) : `${event.taskName}: ${sayWarning(event)}`;
}

function treeProgress({ session, plan, redact }: ProgressOptions): Progress {
  const { stdout, stderr } = session;
  const screen = {
    write: (text: string) => stderr.write(redact(text)),
    get columns() {
      return stderr.columns;
    },
    get rows() {
      return stderr.rows;
    },
  };
  const tasks = plan.tasks.map((task) => ({ name: task.name, agent: task.agent ?? undefined }));
  const tree = new TerminalTree({ screen, runtime: realRuntime, tasks, colours: session.colours.stderr });
  // What the crew's own code prints would tear the drawing: it goes above it.
  const restore = [stdout, stderr]
    .filter((output) => output.isTerminal)
    .map((output) => output.divert((text) => tree.print(text)));
  tree.open();
  let hasBegun = false;
  return {
    types: typesWhere(() => true),
    see(event) {
      if (!hasBegun && event.type === 'run.end') return;
      hasBegun = true;
      if (event.type === 'log') tree.say(event.message);
      else if (event.type === 'budget.warning') tree.say(warning(event));
      else tree.see(event);
    },
    say: (text) => tree.say(text),
    hold: () => tree.hold(),
    close() {
      for (const give of restore) give();
      tree.close();
    },
  };
}
