import { isDeepStrictEqual } from 'node:util';
import type { CrewEvent } from 'crewline';
import type { Observed } from '../run-seed.ts';

/** I11: events are numbered without a gap, from `run.start` to the one `run.end`, and time does not go back. */
export function numbering({ world: { events }, result }: Observed): readonly string[] {
  const wrong: string[] = [];
  let time = 0;
  events.forEach((event, at) => {
    if (event.seq !== at + 1) wrong.push(`event ${at + 1} has the number ${event.seq}`);
    if (event.time < time) wrong.push(`event ${event.seq} is earlier than the one before`);
    if (result !== undefined && event.runId !== result.runId) wrong.push(`event ${event.seq} is of another run`);
    time = event.time;
  });
  const ends = events.filter(({ type }) => type === 'run.end').length;
  const starts = events.filter(({ type }) => type === 'run.start').length;
  if (ends !== 1 || events.at(-1)?.type !== 'run.end')
    wrong.push(`there are ${ends} run.end, the last event is ${events.at(-1)?.type}`);
  // A run that was cancelled before it began has nothing else to tell.
  if (events.length > 1 && (starts !== 1 || events[0]?.type !== 'run.start'))
    wrong.push(`there are ${starts} run.start, the first event is ${events[0]?.type}`);
  return wrong;
}

/** What is told of a task, a letter an event. */
const LETTERS: { readonly [type: string]: string } = {
  'task.ready': 'r',
  'task.start': 's',
  'task.retry': 'R',
  'task.end': 'e',
  'task.skipped': 'k',
  'task.reused': 'u',
};

/** A budget of time also counts while a condition is asked, before the task begins. */
const ANYWHERE: readonly string[] = ['log', 'budget.warning'];

/** Ready, started, worked, ended; or skipped; or ended before this stretch of the run; or never begun. */
const STORY = /^(|r|k|rk|ru|rs(Rs?)*e)$/;

/** I11: what is told of each task has the form of a task's life, and all that is told of its work lies within. */
export function grammarOfTasks({ scenario, world: { events } }: Observed): readonly string[] {
  const stories = new Map(scenario.tasks.map(({ name }) => [name, '']));
  const wrong: string[] = [];
  for (const event of events) {
    if (!('taskName' in event) || event.taskName === undefined) continue;
    const story = stories.get(event.taskName);
    if (story === undefined) wrong.push(`${event.type} is told of "${event.taskName}", which is no task`);
    const letter = LETTERS[event.type];
    if (letter !== undefined) stories.set(event.taskName, story + letter);
    else if (!ANYWHERE.includes(event.type) && (!story?.includes('s') || story.includes('e')))
      wrong.push(`${event.type} (${event.seq}) is told of ${event.taskName} while that is not at work`);
  }
  for (const [name, story] of stories) if (!STORY.test(story)) wrong.push(`the events of ${name} read ${story}`);
  return wrong;
}

/** I11: each start of a call has its one end, in order, and what is told of a call lies between the two. */
export function grammarOfCalls({ world: { events } }: Observed): readonly string[] {
  const wrong: string[] = [];
  const open = new Map<string, string>();
  const closed = new Set<string>();
  for (const event of events) {
    if (!('callId' in event)) continue;
    const [noun = '', verb = ''] = event.type.split('.');
    const id = idOf(event, noun);
    if (verb === 'start') {
      if (open.has(id) || closed.has(id)) wrong.push(`${event.type} (${event.seq}) of ${id} is told twice`);
      open.set(id, event.type);
    } else if (verb === 'end' || verb === 'delta') {
      if (!open.has(id)) wrong.push(`${event.type} (${event.seq}) of ${id} has no start`);
      if (verb === 'end') {
        open.delete(id);
        closed.add(id);
      }
    }
  }
  for (const [id, type] of open) wrong.push(`${type} of ${id} has no end`);
  return wrong;
}

function idOf(event: CrewEvent & { readonly callId: string }, noun: string): string {
  const attempt = noun === 'model' && 'attempt' in event ? ` attempt ${event.attempt}` : '';
  const model = noun === 'model' && 'model' in event && attempt === '' ? event.model : '';
  return `${noun} ${event.callId}${attempt}${model}`;
}

/** I12: whoever only reads the events knows how each task and the run ended, with what output, at what cost. */
export function eventsTellTheResult({ result, tales, world }: Observed): readonly string[] {
  if (result === undefined) return [];
  const wrong: string[] = [];
  for (const { name, status, output, usage, error } of Object.values(result.tasks)) {
    const tale = tales.get(name);
    const told =
      tale?.ending?.status ?? tale?.reused?.status ?? (tale?.because === undefined ? 'cancelled' : 'skipped');
    if (told !== status) wrong.push(`events tell that ${name} is ${told}, the result that it is ${status}`);
    const { ending } = tale ?? {};
    if (ending === undefined) continue;
    if (status === 'done' && !isDeepStrictEqual(ending.output, output))
      wrong.push(`events and result have two outputs of ${name}`);
    if (!isDeepStrictEqual(ending.usage, usage)) wrong.push(`events and result have two usages of ${name}`);
    if (ending.error?.code !== error?.code) wrong.push(`events and result have two errors of ${name}`);
  }
  const end = world.events.at(-1);
  if (end?.type !== 'run.end') return wrong;
  if (end.status !== result.status) wrong.push(`run.end says ${end.status}, the result ${result.status}`);
  if (!isDeepStrictEqual(end.usage, result.usage)) wrong.push('run.end and the result have two usages');
  return wrong;
}
