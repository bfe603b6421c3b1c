import { getEventListeners } from 'node:events';
import {
  Agent,
  Crew,
  CrewError,
  type CrewEvent,
  type CrewResult,
  inMemory,
  type Model,
  type ModelPart,
  type Run,
  Task,
  tool,
} from 'crewline';
import { type FakeClock, fakeClock } from 'crewline/testing';
import { z } from 'zod';
import type { Runtime } from '../../src/internal/runtime.ts';
import type { Message } from '../../src/spec/message.ts';
import '../warm-up.ts';

/** In real milliseconds: nothing here waits for the outside, once what runs crews is loaded. */
const PATIENCE_MS = 1;

/** The two tasks whose calls faults are put into, and the one that reads both. */
export type Place = 'research' | 'survey' | 'report';

/** One call of the model, for a fault to answer. */
export interface Asked {
  readonly place: Place;
  readonly messages: readonly Message[];
  /** The names of the tools on offer. */
  readonly tools: readonly string[];
  readonly signal: AbortSignal;
  readonly stream: boolean;
  readonly clock: FakeClock;
}

/** How a fault answers a call: with parts, or by throwing. */
export type Answering = (asked: Asked) => AsyncIterable<ModelPart> | Iterable<ModelPart>;

type CrewMore = Partial<Record<string, unknown>>;
/** A result of which nothing is known but that it is one. */
export type AnyResult = CrewResult<readonly Task[], unknown, true>;

/**
 * A crew of three tasks to be, on a clock of its own: `research` (calls a tool) and `survey` side by side, then `report`
 * (a schema, guardrails), which reads both. Faults change it before it runs.
 */
export class World {
  readonly clock: FakeClock = fakeClock({ patienceMs: PATIENCE_MS });
  runtime: Runtime = this.clock;
  /** What calls are answered with before the model is itself again, by task. */
  readonly answers: Record<Place, Answering[]> = { research: [], survey: [], report: [] };
  /** What the tool does, call by call, before it works as it should. */
  readonly toolCalls: ((signal: AbortSignal) => unknown)[] = [];
  readonly guardrails: ((text: unknown) => true | { reject: string } | Promise<true>)[] = [];
  readonly onStart: ((run: Run) => void)[] = [];
  readonly tasks: Record<Place, CrewMore> = { research: {}, survey: {}, report: {} };
  readonly agents: CrewMore = {};
  readonly crew: CrewMore = {};
  readonly more: Task[] = [];
  signal: AbortSignal | undefined;
  /** Timers of what ignores its signal: nobody's to take back. */
  late = 0;
  /** The task that has to be worked for the fault put in last to show. */
  needs: Place | undefined;

  /** Answers the next `times` calls of one of the first two tasks: the one that has fewer faults so far. */
  answer(answering: Answering, { times = 1, at }: { readonly times?: number; readonly at?: Place } = {}): void {
    const { research, survey } = this.answers;
    const place: Place = at ?? (research.length > 0 && survey.length === 0 ? 'survey' : 'research');
    this.needs = place;
    for (let count = 0; count < Math.min(times, MANY); count += 1) this.answers[place].push(answering);
  }

  /** Does something to the run at this time of the clock, unless the run has ended by then. */
  at(ms: number, act: (run: Run) => void): void {
    this.onStart.push((run) => {
      const forget = this.clock.timer(ms, () => act(run));
      run.on('run.end', forget);
    });
  }

  /** Waits, whatever becomes of the run. */
  async sleepOn(ms: number): Promise<void> {
    this.late += 1;
    await this.clock.sleep(ms);
    this.late -= 1;
  }

  /** One more task, beside the three. */
  addTask(task: Task): void {
    this.more.push(task);
  }
}

/** More often than anything is tried. */
const MANY = 200;
const USAGE = { inputTokens: 10, outputTokens: 5 };
export const END: ModelPart = { type: 'end', finishReason: 'stop', usage: USAGE };

/** A text as the whole answer. */
export function says(text: string): readonly ModelPart[] {
  return [{ type: 'text', text }, END];
}

/** Tool calls as the whole answer. */
export function calls(...made: readonly { name?: string; arguments?: string; id?: string }[]): readonly ModelPart[] {
  return [
    ...made.map(
      ({ name = 'look', arguments: args = '{"at":"otters"}', id }, index): ModelPart => ({
        type: 'toolCall',
        id: id ?? `call_${index}`,
        name,
        arguments: args,
      }),
    ),
    { type: 'end', finishReason: 'toolCalls', usage: USAGE },
  ];
}

/** One call of the model as it was made. */
export interface Seen {
  readonly place: Place;
  readonly messages: readonly Message[];
}

/** How a run of a world ended, and all that was told of it. */
export interface Ended {
  readonly world: World;
  /** Undefined when it was refused before it began. */
  readonly result: AnyResult | undefined;
  readonly refused: CrewError | undefined;
  readonly events: readonly CrewEvent[];
  readonly seen: readonly Seen[];
  /** Listeners that are still on the signal given to it. */
  readonly listeners: number;
}

const isPlace = (name: string): name is Place => name === 'research' || name === 'survey' || name === 'report';

/** Answers as a model should: calls the tool once where it has to, delegates once as a manager, answers in JSON for the report. */
async function* healthy(world: World, { place, messages, tools }: Asked): AsyncGenerator<ModelPart> {
  const isAnswered = messages.some(({ role }) => role === 'tool');
  if (!isAnswered && tools.includes('delegate_work_to_coworker')) {
    const coworker = { research: 'Researcher', survey: 'Surveyor', report: 'Writer' }[place];
    const work = JSON.stringify({ task: `Do ${place}`, context: 'All of it.', coworker });
    yield* calls({ name: 'delegate_work_to_coworker', arguments: work });
  } else if (!isAnswered && place === 'research' && tools.includes('look')) {
    const count = Math.max(1, world.toolCalls.length);
    yield* calls(...Array.from({ length: count }, (_, index) => ({ id: `look_${index}` })));
  } else yield* says(place === 'report' ? '{"verdict":"good"}' : `${place} is done.`);
}

function modelOf(world: World, seen: Seen[]): Model {
  return {
    name: 'model',
    async *generate(request, { taskName, signal }) {
      const place = isPlace(taskName) ? taskName : 'research';
      const { messages, stream } = request;
      seen.push({ place, messages });
      await world.clock.sleep(10, signal);
      const tools = (request.tools ?? []).map(({ name }) => name);
      const asked = { place, messages, tools, signal, stream, clock: world.clock };
      const fault = world.answers[place].shift();
      yield* fault === undefined ? healthy(world, asked) : fault(asked);
    },
  };
}

function crewOf(world: World, seen: Seen[]): Crew {
  const look = tool({
    name: 'look',
    description: 'Looks.',
    input: z.strictObject({ at: z.string() }),
    effect: 'read',
    execute: (_, { signal }) => (world.toolCalls.shift() ?? (() => 'Two otters.'))(signal),
  });
  const model = modelOf(world, seen);
  const common = { goal: 'Be right', backstory: 'Careful.', model, tools: [look] };
  const researcher = new Agent({ role: 'Researcher', ...common, ...world.agents });
  const surveyor = new Agent({ role: 'Surveyor', ...common });
  const writer = new Agent({ role: 'Writer', ...common });
  const research = { name: 'research', description: 'Research.', expectedOutput: 'Facts.', agent: researcher };
  const survey = { name: 'survey', description: 'Survey.', expectedOutput: 'Facts.', agent: surveyor };
  const report = {
    name: 'report',
    description: 'Report.',
    expectedOutput: 'A verdict.',
    agent: writer,
    context: ['research', 'survey'],
    output: z.object({ verdict: z.string() }),
    guardrails: [() => true as const, ...world.guardrails],
  };
  const tasks = [
    ...world.more,
    new Task({ ...research, ...world.tasks.research }),
    new Task({ ...survey, ...world.tasks.survey }),
    new Task({ ...report, ...world.tasks.report }),
  ];
  const engine = inMemory({ runtime: world.runtime });
  return new Crew({
    name: 'faults',
    agents: [researcher, surveyor, writer],
    tasks,
    process: 'parallel',
    model,
    engine,
    ...world.crew,
  });
}

/** Runs a world to its end, whatever becomes of it. */
export async function live(world: World): Promise<Ended> {
  const seen: Seen[] = [];
  const events: CrewEvent[] = [];
  let result: AnyResult | undefined;
  let refused: CrewError | undefined;
  try {
    const crew = crewOf(world, seen);
    const run = crew.start({ settle: true, ...(world.signal !== undefined && { signal: world.signal }) });
    const heard = listen(run, events);
    // Pieces of text are told only where somebody listens to them.
    run.on('model.delta', () => undefined);
    for (const start of world.onStart) start(run);
    result = await world.clock.until(run.result);
    await heard;
  } catch (error) {
    if (!(error instanceof CrewError)) throw error;
    refused = error;
  }
  const listeners = world.signal === undefined ? 0 : getEventListeners(world.signal, 'abort').length;
  return { world, result, refused, events, seen, listeners };
}

async function listen(run: Run, events: CrewEvent[]): Promise<void> {
  for await (const event of run) events.push(event);
}
