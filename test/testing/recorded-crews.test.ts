import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { withoutMarks } from '../../src/internal/outside.ts';
import { THROUGH_MODELS, type ThroughModels } from '../../src/internal/through-models.ts';
import type { Model } from '../../src/spec/model.ts';
import type { RunResult } from '../../src/spec/outcome.ts';
import type { FakeClock } from '../../src/testing/fake-clock.ts';
import { type RecordedModel, recordedModel } from '../../src/testing/recorded-model.ts';
import { type Bench, benchOf, type Shape, shapes } from '../run/random-crew.ts';
import { RUNS } from '../sizes.ts';

// In memory where there is such a folder: thousands of files are flushed here.
const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'crewline-recorded-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** How long each call takes before it is asked: another number is another interleaving. */
function delayOf(key: string, salt: number): number {
  let hash = salt;
  for (const char of key) hash = (hash * 31 + (char.codePointAt(0) ?? 0)) % 1_009;
  return hash % 23;
}

interface Heard {
  readonly messages: Map<string, readonly string[]>;
  readonly order: string[];
}

/** Every model of a crew by way of a recording, each call after a while of its own, and what they were asked. */
function taped(
  recording: RecordedModel,
  clock: FakeClock,
  { salt, heard }: { readonly salt: number; readonly heard: Heard },
): ThroughModels {
  return (model: Model): Model => {
    const recorded = recording.of(model);
    return {
      name: recorded.name,
      async *generate(request, options) {
        heard.order.push(options.key);
        heard.messages.set(
          options.key,
          request.messages.map(({ content }) => withoutMarks(content)),
        );
        await clock.sleep(delayOf(options.key, salt));
        yield* recorded.generate(request, options);
      },
    };
  };
}

/** The same crew, whose code takes other times: tasks start and end in another order. */
function otherTimes(shape: Shape, salt: number): Shape {
  return { ...shape, limit: undefined, nodes: shape.nodes.map((node) => ({ ...node, ms: delayOf(node.name, salt) })) };
}

interface Throughable {
  [THROUGH_MODELS](through: ThroughModels): { kickoff(options: object): Promise<RunResult> };
}

async function work(bench: Bench, recording: RecordedModel, salt: number) {
  const heard: Heard = { messages: new Map(), order: [] };
  const crew: Throughable = Object(bench.crew);
  const through = crew[THROUGH_MODELS](taped(recording, bench.clock, { salt, heard }));
  const result = await bench.clock.until(through.kickoff({ inputs: { topic: 'otters' }, settle: true }));
  const outputs = Object.values(result.tasks).map(({ name, status, output, raw, usage }) => [
    name,
    status,
    output,
    raw,
    usage,
  ]);
  return { outputs, messages: Object.fromEntries([...heard.messages].sort()), order: heard.order };
}

const CASES = Math.ceil(RUNS / 4);
let files = 0;
let reordered = 0;

test('a crew recorded in parallel replays the same, in whatever order its calls come', async () => {
  await fc.assert(
    fc.asyncProperty(shapes({ optional: true, when: true }), fc.nat(1_000), async (shape, salt) => {
      files += 1;
      const file = join(folder, `${files}.json`);
      const recorder = recordedModel(file, { mode: 'record' });
      const first = await work(benchOf(shape), recorder, salt);
      if (recorder.recorded === 0) return;
      const replayer = recordedModel(file, { mode: 'replay' });
      const bench = benchOf(otherTimes(shape, salt + 1));
      const second = await work(bench, replayer, salt + 2);
      expect(second.outputs).toEqual(first.outputs);
      expect(second.messages).toEqual(first.messages);
      // Not one call went to the model.
      expect(bench.calls.count).toBe(0);
      replayer.verify();
      if (second.order.join() !== first.order.join()) reordered += 1;
      // And recorded once more, in that other order, the file is the same, byte for byte.
      const again = recordedModel(`${file}.again`, { mode: 'record' });
      await work(benchOf(otherTimes(shape, salt + 1)), again, salt + 2);
      await again.saved();
      expect(readFileSync(`${file}.again`, 'utf8')).toBe(readFileSync(file, 'utf8'));
    }),
    // Each case is three runs of a crew and two files.
    { numRuns: CASES },
  );
  // About an eighth come in another order; a few are enough to know that some do.
  expect(reordered).toBeGreaterThan(CASES / 40);
});
