import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { Agent } from '../../src/agent.ts';
import { Crew } from '../../src/crew.ts';
import { CrewError } from '../../src/errors.ts';
import type { CrewEvent } from '../../src/events.ts';
import { redact } from '../../src/internal/redact.ts';
import { secret } from '../../src/internal/secret.ts';
import { openai } from '../../src/models/openai.ts';
import type { Model } from '../../src/spec/model.ts';
import { Task } from '../../src/task.ts';
import { jsonLine } from '../../src/telemetry/json-lines.ts';
import { plainLine } from '../../src/telemetry/plain.ts';
import { modelFaults } from '../../src/testing/model-faults.ts';
import { recordedModel } from '../../src/testing/recorded-model.ts';
import { modelServer, type Reply, type ServerHandler } from '../../src/testing/server.ts';
import { tool } from '../../src/tool.ts';
import { spellingsOf, tracesOf } from './spellings.ts';

const KEY = 'sk-canary-7Yh2/Kq+9Lm.4Zx=Wc';
const TOKEN = 'token-canary "5Rt8"/Üñ+1Vb';
const TRACES = [...tracesOf(KEY), ...tracesOf(TOKEN)];

/** What a crew's run leaves behind, as every byte that anybody may come to see. */
interface Traces {
  readonly name: string;
  readonly bytes: string;
}

/** Everything of what was produced that holds a canary, and where. */
function leaksIn({ name, bytes }: Traces): string[] {
  return TRACES.filter((trace) => bytes.includes(trace)).map((trace) => {
    const at = bytes.indexOf(trace);
    return `${name}: …${bytes.slice(Math.max(0, at - 60), at + trace.length + 20)}…`;
  });
}

/** An error in every way in which it may be printed or kept. */
function printed(error: unknown): string {
  const causes: unknown[] = [];
  for (let at = error; at instanceof Error && causes.length < 18; at = at.cause) {
    causes.push(at.message, at.stack, inspect({ ...at }, { depth: 9 }));
  }
  const shown = [
    String(error),
    JSON.stringify(error),
    inspect(error, { depth: Number.POSITIVE_INFINITY, showHidden: true }),
  ];
  return [...shown, inspect([error]), ...causes.map(String)].join('\n');
}

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'crewline-canary-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** One run of a crew that calls this model, and all that it left behind. */
async function runWith(model: Model, name: string): Promise<Traces> {
  const token = secret(TOKEN);
  const file = join(newFolder(), 'calls.json');
  const search = tool({
    name: 'search',
    description: 'Searches.',
    input: z.object({}),
    execute: () => {
      throw Object.assign(new Error(`GET https://search.example/?q=1&sig=${encodeURIComponent(TOKEN)} with ${TOKEN}`), {
        config: { headers: { authorization: `Bearer ${token.reveal()}` } },
      });
    },
  });
  const agent = new Agent({ role: 'Analyst', goal: 'Find', backstory: 'Calm.', tools: [search] });
  const common = { description: 'Find it.', expectedOutput: 'A fact' };
  const recorder = recordedModel(file, { mode: 'record', model });
  const crew = new Crew({
    name: 'canary',
    agents: [agent],
    tasks: [
      new Task({ ...common, name: 'find', agent }),
      new Task({ name: 'code', execute: () => Promise.reject(new Error(`no entry with ${TOKEN}`)) }),
    ],
    process: 'parallel',
    model: recorder,
  });
  const events: CrewEvent[] = [];
  const run = crew.start();
  for await (const event of run) events.push(event);
  const thrown = await run.result.catch((error: unknown) => error);
  if (!(thrown instanceof CrewError)) throw new Error('the run should fail');
  await recorder.saved();
  const errors = [thrown, ...Object.values(thrown.partial?.tasks ?? {}).map((task) => task.error)];
  const lines = events.flatMap((event) => [
    jsonLine(event),
    plainLine(event, { startedAt: 0 }) ?? '',
    inspect(event, { depth: 9 }),
  ]);
  const recordings = readdirSync(join(file, '..')).map((entry) => readFileSync(join(file, '..', entry), 'utf8'));
  const printedModel = inspect([model, recorder, crew, agent], { depth: 9, showHidden: true });
  return { name, bytes: [...errors.map(printed), ...lines, ...recordings, printedModel].join('\n') };
}

async function leaksOf(respond: Reply | ServerHandler, name: string): Promise<string[]> {
  const server = await modelServer({ respond });
  const timeouts = { totalMs: 300 };
  try {
    const model = openai({ model: 'm', baseURL: server.url, apiKey: KEY, retries: 0, timeouts });
    return leaksIn(await runWith(model, name));
  } finally {
    await server.close();
  }
}

/** What the server was sent, in every spelling, as a careless provider repeats it. */
const ECHO = [KEY, TOKEN].flatMap((value) => spellingsOf(value, 'Bearer ', ', sent').map(({ text }) => text));
const WORDS = `You sent authorization: ${ECHO.join(' and ')}`;

const ECHOES: readonly (readonly [string, Reply | ServerHandler])[] = [
  ...[400, 401, 402, 403, 404, 408, 409, 422, 429, 500, 503].map(
    (status) => [`${status} that repeats the key`, { status, error: { message: WORDS, code: KEY } }] as const,
  ),
  [
    'a page that repeats the key',
    { status: 502, body: `<html>${WORDS}</html>`, headers: { 'content-type': 'text/html' } },
  ],
  ['a text that repeats the key', { status: 500, body: WORDS }],
  [
    'a list of details that repeats the key',
    { status: 422, body: JSON.stringify({ detail: [{ input: { key: WORDS } }] }) },
  ],
  [
    'a redirect with the key',
    { status: 302, headers: { location: `https://x.example/?api_key=${encodeURIComponent(KEY)}` } },
  ],
  ['a request id that is the key', { status: 500, headers: { 'x-request-id': KEY } }],
  ['a long error with the key at the cut', { status: 500, body: `${'.'.repeat(1_990)}${KEY}${'.'.repeat(9_000)}` }],
  ['a key at the end of what is quoted', { raw: `${'.'.repeat(190)}${KEY}${'.'.repeat(900)}` }],
  [
    'an error in a 200',
    { raw: JSON.stringify({ error: { message: WORDS, code: 500 } }), contentType: 'application/json' },
  ],
  ['an error event', { raw: `data: ${JSON.stringify({ error: { message: WORDS } })}\n\n` }],
  ['a broken event', { raw: `data: {"authorization": "${WORDS}\n\n` }],
  ['a page in a 200', { raw: `<!doctype html>${WORDS}`, contentType: 'text/html' }],
  ['half an answer', { cut: 'answer', afterBytes: 400, text: WORDS }],
  ['a refusal', { text: '', refusal: WORDS }],
  ['an answer cut at its limit', { text: WORDS, finishReason: 'length' }],
  ['a call of a tool that does not exist', ({ messages }) => calling('nothing', messages.length)],
  ['a call of a tool that throws', ({ messages }) => calling('search', messages.length)],
];

function calling(name: string, turn: number): Reply {
  return turn > 3 ? { status: 400, error: { message: WORDS } } : { toolCalls: [{ name, arguments: {} }] };
}

test.each(ECHOES)('a provider that gives %s shows no secret to anybody', async (name, respond) => {
  expect(await leaksOf(respond, name)).toEqual([]);
});

test('no fault of the catalogue shows a secret to anybody', async () => {
  const leaks: string[] = [];
  for (let at = 0; at < modelFaults.length; at += 10) {
    const some = modelFaults.slice(at, at + 10);
    leaks.push(...(await Promise.all(some.map((fault) => leaksOf(fault.reply, fault.id)))).flat());
  }
  expect(leaks).toEqual([]);
});

test('a model of your own may throw what its library hangs on errors: no header of a request is printed', async () => {
  const key = secret(KEY);
  const model: Model = {
    name: 'mine',
    async *generate() {
      yield { type: 'text', text: 'Half of it. ' };
      const request = { headers: { authorization: `Bearer ${key.reveal()}`, cookie: 'session=unregistered' } };
      const inner = Object.assign(new Error(`401 with ${KEY}`), { request, config: request, response: { request } });
      throw new Error(`the call failed: ${inner.message}`, { cause: inner });
    },
  };
  const { bytes, name } = await runWith(model, 'own model');
  expect(leaksIn({ name, bytes })).toEqual([]);
  expect(bytes).not.toContain('session=unregistered');
});

test('what a listener throws is reported without its secrets', async () => {
  const token = secret(TOKEN);
  const warned = new Promise<Error>((resolve) => process.once('warning', resolve));
  const task = new Task({ name: 'code', execute: () => 1 });
  const run = new Crew({ name: 'loud', tasks: [task] }).start();
  run.on('run.end', () => {
    throw new Error(`the listener knows ${token.reveal()}`);
  });
  await run.result;
  const { message, stack } = await warned;
  expect(message).toContain('the listener knows [secret]');
  expect(leaksIn({ name: 'warning', bytes: `${message}${stack}` })).toEqual([]);
});

test('the search itself finds each secret in each spelling, so that a clean result means something', () => {
  for (const value of [KEY, TOKEN]) {
    for (const { text } of spellingsOf(value, 'before ', ' after')) {
      expect(leaksIn({ name: 'planted', bytes: text }), text).not.toEqual([]);
    }
  }
  const [held, other] = [secret(KEY), secret(TOKEN)];
  expect(leaksIn({ name: 'hidden', bytes: redact(WORDS) })).toEqual([]);
  expect(`${held} ${other}`).toBe('[secret] [secret]');
});
