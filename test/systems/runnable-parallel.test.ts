import { Crew, Task } from 'crewline';
import { expect, expectTypeOf, test } from 'vitest';
import { z } from 'zod';
import { agent, bySubject } from '../serve.ts';
import { pass, timed } from './timed.ts';

test('one input goes to several prompts at once; the results are one typed dictionary, the input passed through', async () => {
  const met = bySubject({
    'A joke about otters.': { text: 'Otter than ever.', delayMs: 2_000 },
    'A poem about otters.': { text: 'O otter!', delayMs: 3_000 },
    'Facts about otters.': { text: '{"facts": ["they hold hands"]}', delayMs: 3_000 },
  });
  const time = await timed(met.respond);
  const { engine, server, model } = time;
  const [comic, poet, expert] = [agent('Comic', { model }), agent('Poet', { model }), agent('Expert', { model })];
  const crew = new Crew({
    name: 'map',
    agents: [comic, poet, expert],
    process: 'parallel',
    engine,
    inputs: z.object({ topic: z.string(), lines: z.number().default(2) }),
    tasks: [
      new Task({ name: 'joke', description: 'A joke about {{topic}}.', expectedOutput: 'A joke.', agent: comic }),
      new Task({
        name: 'poem',
        description: 'A poem about {{topic}}.',
        expectedOutput: '{{lines}} lines.',
        agent: poet,
      }),
      new Task({
        name: 'facts',
        description: 'Facts about {{topic}}.',
        expectedOutput: 'Facts.',
        agent: expert,
        output: z.object({ facts: z.array(z.string()) }),
      }),
    ],
  });
  const result = await pass(time, crew.start({ inputs: { topic: 'otters' } }));
  const { joke, poem, facts } = result.tasks;
  expectTypeOf(joke.output).toEqualTypeOf<string>();
  expectTypeOf(facts.output).toEqualTypeOf<{ facts: string[] }>();
  expect({ joke: joke.output, poem: poem.output, facts: facts.output }).toEqual({
    joke: 'Otter than ever.',
    poem: 'O otter!',
    facts: { facts: ['they hold hands'] },
  });
  expectTypeOf(result.inputs).toEqualTypeOf<{ topic: string; lines: number }>();
  expect(result.inputs).toEqual({ topic: 'otters', lines: 2 });
  expect(Object.keys(result.tasks)).toEqual(['joke', 'poem', 'facts']);
  expect(server.peakConcurrency).toBe(3);
  expect(result.durationMs).toBe(3_000);
});
