import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { Agent } from '../../src/agent.ts';
import { Crew } from '../../src/crew.ts';
import { CrewError, ModelError } from '../../src/errors.ts';
import type { Model, ModelPart } from '../../src/spec/model.ts';
import { Task } from '../../src/task.ts';
import { recordedModel } from '../../src/testing/recorded-model.ts';
import { scriptedModel } from '../../src/testing/scripted-model.ts';
import { tool } from '../../src/tool.ts';
import { ask, caller } from '../models/ask-model.ts';

/** The path of a recording that does not exist yet, in a folder of its own. */
function newFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'crewline-recording-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'calls.json');
}

const weather = (answer: string) =>
  tool({
    name: 'weather',
    description: 'Tells the weather in a town.',
    input: z.object({ town: z.string() }),
    execute: ({ town }) => `${answer} in ${town}.`,
  });

/** One agent that looks at the weather before it answers. */
function forecastBy(model: Model, { sky = 'Rain', place = 'Oslo' } = {}) {
  const agent = new Agent({ role: 'Forecaster', goal: 'Be right', backstory: 'You look out.', tools: [weather(sky)] });
  const forecast = new Task({ name: 'forecast', description: `${place}?`, expectedOutput: 'A sentence.', agent });
  return new Crew({ name: 'weather', agents: [agent], tasks: [forecast], model });
}

const script = () =>
  scriptedModel({
    forecast: [{ toolCalls: [{ name: 'weather', arguments: { town: 'Oslo' } }] }, 'Take an umbrella.'],
  });

async function recordForecast(file: string): Promise<void> {
  const recorder = recordedModel(file, { mode: 'record', model: script() });
  await forecastBy(recorder).kickoff();
  await recorder.saved();
}

test('what was recorded is replayed without the model: the same answer, tool calls, usage and messages', async () => {
  const file = newFile();
  const real = script();
  const recorder = recordedModel(file, { mode: 'record', model: real });
  const first = await forecastBy(recorder).kickoff();
  expect(recorder).toMatchObject({ recorded: 2, replayed: 0, name: 'scripted' });
  const replayer = recordedModel(file, { mode: 'replay' });
  const second = await forecastBy(replayer).kickoff();
  expect(second).toMatchObject({ raw: first.raw, usage: first.usage });
  expect(replayer).toMatchObject({ recorded: 0, replayed: 2, name: 'scripted', models: ['scripted'] });
  replayer.verify();
});

test('the file is JSON for people: sorted, in lines, for its owner only, and nothing lies beside it', async () => {
  const file = newFile();
  await recordForecast(file);
  const document = JSON.parse(readFileSync(file, 'utf8'));
  expect(document).toMatchObject({ crewline: 'recording', version: 1, models: { scripted: { jsonSchema: false } } });
  expect(document.calls.map((call: { key: string }) => call.key)).toEqual([
    'forecast/turn.1.model',
    'forecast/turn.2.model',
  ]);
  expect(document.calls[0].request.messages[0].content).toContain('You look out.');
  expect(Array.isArray(document.calls[0].request.messages[0].content)).toBe(true);
  expect(document.calls[1].parts).toEqual([
    { type: 'text', text: 'Take an umbrella.' },
    { type: 'end', finishReason: 'stop', usage: { inputTokens: 10, outputTokens: 5 } },
  ]);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readdirSync(join(file, '..'))).toEqual(['calls.json']);
});

test('a request that changed is a miss that shows the task, the call, the message and the lines', async () => {
  const file = newFile();
  await recordForecast(file);
  const error = await forecastBy(recordedModel(file, { mode: 'replay' }), { sky: 'Snow' })
    .kickoff()
    .catch((thrown) => thrown);
  expect(error).toMatchObject({ code: 'RECORDING_MISS', taskName: 'forecast', agent: 'Forecaster' });
  expect(error.message).toContain(`The recording ${file} has no answer to call turn.2.model of task "forecast"`);
  expect(error.message).toMatch(
    /message 4 of 4 \(tool\) differs, recorded \(-\) and now \(\+\):\n(?: {4}.*\n)* {2}- Rain/,
  );
  expect(error.message).toMatch(/\n {2}\+ .*Snow in Oslo/);
  expect(error.message).toContain('record again');
});

test('a call of a task that was not recorded says what was', async () => {
  const file = newFile();
  await recordForecast(file);
  const replayer = recordedModel(file, { mode: 'replay' });
  const other = { ...caller(), taskName: 'forcast', key: 'forcast/turn.1.model' };
  const call = async (key: string) => {
    for await (const _ of replayer.generate({ messages: [], stream: false }, { ...other, key }));
  };
  await expect(call('forcast/turn.1.model')).rejects.toThrow(
    'it has no calls of that task, only of forecast. Did you mean "forecast"?',
  );
  await expect(call('forecast/turn.3.model')).rejects.toThrow(
    'of that task it has turn.1.model, turn.2.model, and no turn.3.model.',
  );
});

test('tools, schemas and settings belong to the request, and a miss names what differs', async () => {
  const file = newFile();
  const model = scriptedModel(['Hello.']);
  await ask(recordedModel(file, { mode: 'record', model }), { settings: { temperature: 0 } });
  const replay = (request: object) => ask(recordedModel(file, { mode: 'replay' }), request);
  await expect(replay({ settings: { temperature: 1 } })).rejects.toThrow(
    /its settings differ.*\n(.*\n)*.*- .*0\n.*\+ .*1/,
  );
  await expect(replay({})).rejects.toThrow(/its settings differ/);
  const tools = [{ name: 'look', description: 'Looks.', parameters: { type: 'object' } }];
  await expect(replay({ settings: { temperature: 0 }, tools })).rejects.toThrow(/its tools differ.*\n.*\(none\)/);
  // How an answer should arrive is not what is asked.
  expect(await replay({ settings: { temperature: 0 }, stream: true })).toHaveLength(2);
});

test('a recording is good for as many runs as were recorded, and tells when it is used up', async () => {
  const file = newFile();
  const model = scriptedModel(['one', 'two']);
  const recorder = recordedModel(file, { mode: 'record', model });
  await ask(recorder);
  await ask(recorder);
  const replayer = recordedModel(file, { mode: 'replay' });
  expect([await ask(replayer), await ask(replayer)]).toMatchObject([
    [{ text: 'one' }, {}],
    [{ text: 'two' }, {}],
  ]);
  await expect(ask(replayer)).rejects.toThrow('all 2 answers recorded for it were given already');
});

test('errors are recorded and thrown again, with what they carry, after the parts that came before', async () => {
  const file = newFile();
  const limited = new ModelError('RATE_LIMITED', 'slow down', { status: 429, retryable: true, retryAfterMs: 20 });
  const failing: Model = {
    name: 'failing',
    async *generate(_, { key }): AsyncGenerator<ModelPart> {
      yield { type: 'text', text: 'Half of ' };
      throw key.startsWith('a/') ? limited : new TypeError('no such thing');
    },
  };
  const hear = async (model: Model, key: string) => {
    const heard: unknown[] = [];
    try {
      for await (const part of model.generate({ messages: [], stream: true }, { ...caller(), key })) heard.push(part);
    } catch (error) {
      heard.push(error);
    }
    return heard;
  };
  const recorder = recordedModel(file, { mode: 'record', model: failing });
  await hear(recorder, 'a/turn.1.model');
  await hear(recorder, 'b/turn.1.model');
  const replayer = recordedModel(file, { mode: 'replay' });
  const [text, error] = await hear(replayer, 'a/turn.1.model');
  expect(text).toEqual({ type: 'text', text: 'Half of ' });
  expect(error).toBeInstanceOf(ModelError);
  expect(error).toMatchObject({ code: 'RATE_LIMITED', message: 'slow down', status: 429, retryAfterMs: 20 });
  expect(error).toMatchObject({ retryable: true, runId: 'run-1' });
  const [, foreign] = await hear(replayer, 'b/turn.1.model');
  expect(foreign).toMatchObject({ message: 'no such thing' });
  expect(foreign).not.toBeInstanceOf(CrewError);
});

test('the attempts of one call replay in the order in which they were made', async () => {
  const file = newFile();
  const busy = new ModelError('PROVIDER_DOWN', 'busy', { retryable: true });
  const model = scriptedModel([busy, busy, 'At last.']);
  const recorder = recordedModel(file, { mode: 'record', model });
  const attempts = async (from: Model) => {
    const ends: string[] = [];
    for (let attempt = 0; attempt < 3; attempt += 1) {
      ends.push(
        await ask(from).then(
          () => 'answered',
          (error) => error.code,
        ),
      );
    }
    return ends;
  };
  expect(await attempts(recorder)).toEqual(['PROVIDER_DOWN', 'PROVIDER_DOWN', 'answered']);
  expect(await attempts(recordedModel(file, { mode: 'replay' }))).toEqual([
    'PROVIDER_DOWN',
    'PROVIDER_DOWN',
    'answered',
  ]);
});

test('pieces of a stream are replayed as pieces', async () => {
  const file = newFile();
  const model = scriptedModel([{ deltas: ['Hel', 'lo ', 'you'] }]);
  await ask(recordedModel(file, { mode: 'record', model }), { stream: true });
  const parts = await ask(recordedModel(file, { mode: 'replay' }), { stream: true });
  expect(parts.slice(0, 3).map((part) => part.type === 'text' && part.text)).toEqual(['Hel', 'lo ', 'you']);
});

test('auto replays what is there and records the rest', async () => {
  const file = newFile();
  await recordForecast(file);
  const model = scriptedModel({ forecast: ['Wear sunglasses.'] });
  const auto = recordedModel(file, { mode: 'auto', model });
  const { raw } = await forecastBy(auto, { sky: 'Sun' }).kickoff();
  expect([raw, auto.replayed, auto.recorded]).toEqual(['Wear sunglasses.', 1, 1]);
  expect(() => auto.verify()).toThrow(/holds a call that nobody asked for:\n- forecast\/turn\.2\.model/);
  const again = recordedModel(file, { mode: 'auto' });
  expect((await forecastBy(again, { sky: 'Sun' }).kickoff()).raw).toBe('Wear sunglasses.');
  expect([again.replayed, again.recorded]).toEqual([2, 0]);
});

test('auto without a file records it all, and without a model says that one is missing', async () => {
  const file = newFile();
  await expect(ask(recordedModel(file, { mode: 'auto' }))).rejects.toMatchObject({ code: 'MODEL_MISSING' });
  expect(existsSync(file)).toBe(false);
  await ask(recordedModel(file, { mode: 'auto', model: scriptedModel(['Hi.']) }));
  expect(existsSync(file)).toBe(true);
});

test('agents with different models share one recording, and one model is one object in it', async () => {
  const file = newFile();
  const crewWith = (recording: ReturnType<typeof recordedModel>, second: Model) => {
    const writer = new Agent({ role: 'Writer', goal: 'Write', backstory: 'Brief.' });
    const editor = new Agent({ role: 'Editor', goal: 'Edit', backstory: 'Strict.', model: recording.of(second) });
    const common = { description: 'Do it.', expectedOutput: 'Text' };
    const tasks = [
      new Task({ ...common, name: 'write', agent: writer }),
      new Task({ ...common, name: 'edit', agent: editor }),
    ];
    return new Crew({ name: 'two', agents: [writer, editor], tasks, model: recording, process: 'parallel' });
  };
  const [small, large] = [scriptedModel(['draft'], { name: 'small' }), scriptedModel(['final'], { name: 'large' })];
  const recorder = recordedModel(file, { mode: 'record', model: small });
  expect(recorder.of(large)).toBe(recorder.of(large));
  expect(recorder.of(small)).toBe(recorder);
  await crewWith(recorder, large).kickoff();
  const replayer = recordedModel(file, { mode: 'replay', model: small });
  const result = await crewWith(replayer, scriptedModel([], { name: 'large' })).kickoff();
  expect(Object.keys(result.usage.byModel).sort()).toEqual(['large', 'small']);
  expect(result.tasks.write?.raw).toBe('draft');
  replayer.verify();
});

test('a model made of others is recorded by those that answer, and a replay needs no limits', () => {
  const a: Model = { ...plain('a'), limits: { requestsPerMinute: 1 }, retries: 2, timeouts: { totalMs: 5 } };
  const route = { kind: 'fallback', models: [a, plain('b')] } as const;
  const file = newFile();
  const recorder = recordedModel(file, { mode: 'record', model: { ...plain('a'), route } });
  expect(recorder.route).toEqual({ kind: 'fallback', models: [recorder.of(a), recorder.of(route.models[1])] });
  expect(recorder.of(a)).toMatchObject({ limits: a.limits, retries: 2, timeouts: { totalMs: 5 } });
  writeFileSync(file, '{"crewline":"recording","version":1,"models":{},"calls":[]}');
  const replayer = recordedModel(file, { mode: 'replay' });
  expect(replayer.of(a)).toMatchObject({ name: 'a', retries: 2 });
  expect(replayer.of(a).limits).toBeUndefined();
});

function plain(name: string): Model {
  return {
    name,
    async *generate(): AsyncGenerator<ModelPart> {
      yield { type: 'text', text: name };
      yield { type: 'end', finishReason: 'stop' };
    },
  };
}

test('a call that was given up is not recorded', async () => {
  const file = newFile();
  const own = new AbortController();
  const model: Model = {
    name: 'slow',
    async *generate(): AsyncGenerator<ModelPart> {
      yield { type: 'text', text: 'Half' };
      own.abort();
      throw own.signal.reason;
    },
  };
  await expect(ask(recordedModel(file, { mode: 'record', model }), {}, own.signal)).rejects.toThrow();
  expect(existsSync(file)).toBe(false);
});

test('an old recording stays until there is something new to write', async () => {
  const file = newFile();
  await recordForecast(file);
  const before = readFileSync(file, 'utf8');
  const recorder = recordedModel(file, { mode: 'record', model: scriptedModel(['new']) });
  expect(readFileSync(file, 'utf8')).toBe(before);
  await ask(recorder);
  expect(JSON.parse(readFileSync(file, 'utf8')).calls).toHaveLength(1);
});

test.each([
  ['not JSON at all', /is not JSON/],
  ['[]', /the file should be an object/],
  ['{"version":1}', /does not begin with "crewline": "recording"/],
  ['{"crewline":"recording","version":9}', /version is 9, and 1 is known here/],
  ['{"crewline":"recording","version":1,"models":{},"calls":{}}', /calls should be a list/],
  ['{"crewline":"recording","version":1,"models":{},"calls":[{}]}', /calls\[0\]\.request should be an object/],
  [
    '{"crewline":"recording","version":1,"models":{},"calls":[{"key":"a/b","agent":"A","model":"m","hash":"x","request":{"messages":[{"role":"user","content":"hi"},{"role":"bot","content":""}]},"parts":[]}]}',
    /calls\[0\]\.request\.messages\[1\]\.role is "bot"/,
  ],
  [
    '{"crewline":"recording","version":1,"models":{},"calls":[{"key":"a/b","agent":"A","model":"m","hash":"x","request":{"messages":[]},"parts":[{"type":"end","finishReason":"done"}]}]}',
    /calls\[0\]\.parts\[0\]\.finishReason should be one of/,
  ],
])('a broken file is refused, with the place: %s', (source, says) => {
  const file = newFile();
  writeFileSync(file, source);
  for (const mode of ['replay', 'auto'] as const) {
    const open = () => recordedModel(file, { mode, model: script() });
    expect(open).toThrow(says);
    expect(open).toThrow(expect.objectContaining({ code: 'RECORDING_INVALID' }));
  }
  expect(readFileSync(file, 'utf8')).toBe(source);
});

test('every cut of a recording is refused, never half of it replayed', async () => {
  const file = newFile();
  await recordForecast(file);
  const source = readFileSync(file, 'utf8').trimEnd();
  for (let length = 0; length < source.length; length += 7) {
    writeFileSync(file, source.slice(0, length));
    expect(() => recordedModel(file, { mode: 'replay' })).toThrow(
      expect.objectContaining({ code: 'RECORDING_INVALID' }),
    );
  }
});

test('a missing file, a missing folder and wrong options are told at once', () => {
  const file = newFile();
  expect(() => recordedModel(file, { mode: 'replay' })).toThrow(/does not exist\. Record it first/);
  expect(() => recordedModel(join(file, 'deeper.json'), { mode: 'record' })).toThrow(/there is no folder/);
  expect(() => recordedModel('', { mode: 'record' })).toThrow(/needs the path of a file/);
  // @ts-expect-error no such mode
  expect(() => recordedModel(file, { mode: 'rewind' })).toThrow(/mode must be one of record, replay, auto/);
  // @ts-expect-error no model
  expect(() => recordedModel(file, { mode: 'record', model: 'gpt' })).toThrow(/model must be a model/);
});

test('a recorded call that was asked for with another request was asked for; verify tells of it all the same', async () => {
  const file = newFile();
  const recorder = recordedModel(file, { mode: 'record', model: scriptedModel(['one']) });
  await ask(recorder);
  await recorder.saved();
  const replayer = recordedModel(file, { mode: 'replay' });
  expect(replayer.unused).toHaveLength(1);
  const [key] = replayer.unused;
  await expect(ask(replayer, { messages: [{ role: 'user', content: 'Something else.' }] })).rejects.toThrow('differs');
  expect(replayer.unused).toEqual([]);
  expect(() => replayer.verify()).toThrow(`holds a call that nobody asked for:\n- ${key} (with another request)`);
});
