import { Crew, type CrewEvent, inMemory, openai, Task } from 'crewline';
import { fakeClock, type ModelFault, modelFaults, modelServer, type ServerRequest } from 'crewline/testing';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { agent, agentOf } from '../serve.ts';

/** What stands still is given up after seconds of the clock. Nothing that would have every answer streamed. */
const SHORT = { totalMs: 3_000 };
/** How long what comes over the network is waited for, in real milliseconds; less where it is known never to come. */
const PATIENCE_MS = 5_000;
const LITTLE_PATIENCE_MS = 100;
const isEndless = ({ id, endsAs }: ModelFault) => id.startsWith('F07') && endsAs === 'TIMEOUT';

const WELL: { readonly [agent: string]: string } = {
  Researcher: 'Otters swim.',
  Surveyor: 'Two lakes.',
  Writer: '{"verdict":"good"}',
};

/** A crew of three tasks over real HTTP: the first calls of `research` and `survey` meet these faults, all others go well. */
async function run(research: ModelFault, survey: ModelFault) {
  const clock = fakeClock({ patienceMs: isEndless(research) || isEndless(survey) ? LITTLE_PATIENCE_MS : PATIENCE_MS });
  const faults = new Map([
    ['Researcher', research],
    ['Surveyor', survey],
  ]);
  const respond = (request: ServerRequest) => {
    const name = agentOf(request);
    const fault = faults.get(name);
    faults.delete(name);
    return fault === undefined ? (WELL[name] ?? 'ok') : fault.reply(request);
  };
  const server = await modelServer({ respond, runtime: clock });
  onTestFinished(() => server.close());
  const model = openai({ baseURL: server.url, apiKey: 'sk-test-key-0123', model: 'm', timeouts: SHORT });
  const [researcher, surveyor, writer] = [
    agent('Researcher', { model }),
    agent('Surveyor', { model }),
    agent('Writer', { model }),
  ];
  const common = { description: 'Do it.', expectedOutput: 'A text.' };
  const tasks = [
    new Task({ ...common, name: 'research', agent: researcher }),
    new Task({ ...common, name: 'survey', agent: surveyor }),
    new Task({
      ...common,
      name: 'report',
      agent: writer,
      context: ['research', 'survey'],
      output: z.object({ verdict: z.string() }),
    }),
  ] as const;
  const crew = new Crew({
    name: 'http',
    agents: [researcher, surveyor, writer],
    tasks,
    process: 'parallel',
    engine: inMemory({ runtime: clock }),
  });
  const started = crew.start({ settle: true });
  const events: CrewEvent[] = [];
  const heard = (async () => {
    for await (const event of started) events.push(event);
  })();
  if (research.meets === 'streamed' || survey.meets === 'streamed') started.on('model.delta', () => undefined);
  const result = await clock.until(started.result);
  await heard;
  return { result, events, clock };
}

/** The first fault of each class, and of each class of those that end a call for good. */
const classes = new Map<string, ModelFault>();
for (const fault of modelFaults) {
  const kind = `${fault.id.slice(0, 3)} ${fault.retryable} ${fault.endsAs}`;
  if (!classes.has(kind)) classes.set(kind, fault);
}
const CHOSEN = [...classes.values()].filter(({ id }) => !id.includes('huge')).sort((a, b) => a.id.localeCompare(b.id));

/** How the run may end by what this fault does, where nothing else ends it. */
function endsOf({ endsAs, retryable }: ModelFault): string {
  if (retryable || endsAs === 'answer' || endsAs === 'toolCalls' || endsAs === 'OUTPUT_TRUNCATED') return 'done';
  return endsAs === 'QUOTA_EXHAUSTED' || endsAs === 'PROVIDER_WAIT' ? `paused ${endsAs}` : `failed ${endsAs}`;
}

test.each(CHOSEN.map((fault, at) => [fault.id, fault.title, at] as const))(
  'over real HTTP, %s (%s) together with one of every class ends as one of the two has to',
  async (_, __, at) => {
    const mistakes: string[] = [];
    const [one, ...others] = CHOSEN.slice(at);
    for (const other of one === undefined ? [] : [one, ...others]) {
      if (one === undefined) break;
      const { result, events, clock } = await run(one, other);
      const is = result.error === null ? result.status : `${result.status} ${result.error.code}`;
      const fatal = [endsOf(one), endsOf(other)].filter((end) => end !== 'done');
      if (!(fatal.length === 0 ? ['done'] : fatal).includes(is))
        mistakes.push(`with ${other.id}: is ${is} instead of ${fatal}: ${result.error?.message}`);
      if (clock.scheduled > 0) mistakes.push(`with ${other.id}: ${clock.scheduled} timers are left`);
      if (events.some(({ seq }, index) => seq !== index + 1)) mistakes.push(`with ${other.id}: gaps in the events`);
      const open =
        events.filter(({ type }) => type.endsWith('.start')).length -
        events.filter(({ type }) => /^(run|task|model|tool)\.end$/.test(type)).length;
      if (open !== 0) mistakes.push(`with ${other.id}: ${open} starts without an end`);
    }
    expect(mistakes).toEqual([]);
  },
);
