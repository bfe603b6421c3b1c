import type { CrewEvent, EventOf } from 'crewline';

/** What was told of one task, in order; positions are sequence numbers, 0 for what was not told. */
export interface Tale {
  ready: number;
  start: number;
  startedAt: number;
  end: number;
  endedAt: number;
  skipped: number;
  ending: EventOf<'task.end'> | undefined;
  /** It had ended before. */
  reused: EventOf<'task.reused'> | undefined;
  because: string | undefined;
  starts: number;
  ends: number;
  skips: number;
}

const untold = (): Tale => ({
  ready: 0,
  start: 0,
  startedAt: 0,
  end: 0,
  endedAt: 0,
  skipped: 0,
  ending: undefined,
  reused: undefined,
  because: undefined,
  starts: 0,
  ends: 0,
  skips: 0,
});

/** Sorts what the events of a run tell by task. */
export function talesOf(names: readonly string[], events: readonly CrewEvent[]): ReadonlyMap<string, Tale> {
  const tales = new Map(names.map((name) => [name, untold()]));
  for (const event of events) {
    const tale = 'taskName' in event && event.taskName !== undefined ? tales.get(event.taskName) : undefined;
    if (tale !== undefined) note(tale, event);
  }
  return tales;
}

function note(tale: Tale, event: CrewEvent): void {
  switch (event.type) {
    case 'task.ready':
      tale.ready = event.seq;
      return;
    case 'task.start':
      // Of several attempts, the first began the task.
      if (tale.starts === 0) {
        tale.start = event.seq;
        tale.startedAt = event.time;
      }
      tale.starts += 1;
      return;
    case 'task.end':
      tale.end = event.seq;
      tale.endedAt = event.time;
      tale.ending = event;
      tale.ends += 1;
      return;
    case 'task.reused':
      tale.reused = event;
      return;
    case 'task.skipped':
      tale.skipped = event.seq;
      tale.because = event.because;
      tale.skips += 1;
      return;
    default:
  }
}
