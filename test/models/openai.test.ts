import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';
import { expect, test, vi } from 'vitest';
import { CrewError, DefinitionError } from '../../src/errors.ts';
import { openai } from '../../src/models/openai.ts';
import type { OpenAIOptions } from '../../src/models/openai-options.ts';
import { withCrewline } from '../built.ts';
import { ask, caller, failure, setUp, TEST_KEY, textOf } from './ask-model.ts';

/** What `openai()` says about options; whatever they are. */
function refusal(options: unknown): string {
  try {
    Reflect.apply(openai, undefined, [options]);
  } catch (error) {
    if (error instanceof DefinitionError) return error.message;
    throw error;
  }
  return '';
}

test.each<[unknown, RegExp]>([
  [undefined, /needs an object of options/],
  [{}, /model is missing/],
  [{ model: 'm', maxConcurrency: 0 }, /maxConcurrency must be a whole number, at least 1, not 0/],
  [{ model: 'm', baseUrl: 'http://x' }, /no option "baseUrl"\. Did you mean "baseURL"\?/],
  [{ model: 'm', baseURL: 'localhost:11434' }, /baseURL must be a URL that starts with http/],
  [{ model: 'm', baseURL: 'https://me:secret@host/v1' }, /baseURL must not hold a user name or password/],
  [{ model: 'm', baseURL: 'https://host/v1?key=secret' }, /nothing may follow a \?/],
  [{ model: 'm', apiKey: '' }, /apiKey must be a text that is not empty/],
  [{ model: 'm', apiKey: ['secret'] }, /apiKey must be a text/],
])('wrong options are refused at once: %o', (options, says) => {
  expect(refusal(options)).toMatch(says);
  expect(refusal(options)).not.toContain('secret');
});

test('a model is named like its model, and says whether it takes JSON schemas', () => {
  expect(openai({ model: 'm' })).toMatchObject({ name: 'm', jsonSchema: true });
  expect(openai({ model: 'm', jsonSchema: false })).toMatchObject({ jsonSchema: false });
});

test('the key shows nowhere when a model is printed, before and after a call', async () => {
  const { model } = await setUp('fine');
  const shown = () =>
    [
      String(model),
      JSON.stringify(model),
      inspect(model, { depth: 9, showHidden: true }),
      ...Object.keys(model),
    ].join();
  expect(shown()).not.toContain(TEST_KEY);
  await ask(model);
  expect(shown()).not.toContain(TEST_KEY);
});

test('key and base URL come from the environment, read at the first call', async () => {
  const { server } = await setUp('fine');
  const model = openai({ model: 'm' });
  vi.stubEnv('OPENAI_BASE_URL', server.url);
  vi.stubEnv('OPENAI_API_KEY', ` ${TEST_KEY}\n`);
  try {
    expect(textOf(await ask(model))).toBe('fine');
  } finally {
    vi.unstubAllEnvs();
  }
});

test('without key and base URL a call fails before any network, and works once they are set', async () => {
  const { server } = await setUp('fine');
  const model = openai({ model: 'gpt-5-mini' });
  vi.stubEnv('OPENAI_BASE_URL', '');
  vi.stubEnv('OPENAI_API_KEY', undefined);
  try {
    const error = await failure(ask(model));
    expect(error).toMatchObject({ code: 'AUTH', retryable: false, taskName: 'research' });
    expect(error.message).toMatch(/gpt-5-mini needs a key .* Set OPENAI_API_KEY, or pass apiKey; .*OPENAI_BASE_URL/);
    vi.stubEnv('OPENAI_BASE_URL', 'nonsense');
    expect((await failure(ask(model))).message).toMatch(/^OPENAI_BASE_URL must be a URL/);
    vi.stubEnv('OPENAI_BASE_URL', server.url);
    expect(textOf(await ask(model))).toBe('fine');
  } finally {
    vi.unstubAllEnvs();
  }
});

test('a key that cannot be a header is refused without being shown', async () => {
  const { server } = await setUp('fine');
  const error = await failure(ask(openai({ model: 'm', baseURL: server.url, apiKey: 'sk-two words' })));
  expect(error.code).toBe('AUTH');
  expect(inspect(error)).not.toContain('two words');
  expect(server.requests).toHaveLength(0);
});

test('200 calls at once use no more sockets than maxConcurrency, and all are answered', async () => {
  const { server, model } = await setUp(({ lastUser }) => ({ text: lastUser, delayMs: 2 }), { maxConcurrency: 8 });
  const texts = await Promise.all(
    Array.from({ length: 200 }, async (_, at) =>
      textOf(await ask(model, { messages: [{ role: 'user', content: `${at}` }], stream: at % 2 === 0 })),
    ),
  );
  expect(texts).toEqual(Array.from({ length: 200 }, (_, at) => `${at}`));
  expect(server.requests).toHaveLength(200);
  expect(server.peakConcurrency).toBe(8);
  expect(server.peakSockets).toBe(8);
});

test('50 calls one after another, streamed and not, share one socket', async () => {
  const { server, model } = await setUp('fine');
  for (let at = 0; at < 50; at += 1) await ask(model, { stream: at % 2 === 0 });
  expect(server.openedSockets).toBe(1);
});

test('a stream that stays open after [DONE] has still ended', async () => {
  const { model } = await setUp({
    raw: ['data: {"choices":[{"delta":{"content":"all"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n', '\n'],
    delayBetweenMs: 60_000,
  });
  expect(textOf(await ask(model, { stream: true }))).toBe('all');
});

const isCancelled = (error: unknown) => error instanceof CrewError && error.code === 'CANCELLED';

test.each([true, false])(
  'aborting a call under way ends it at once and closes its socket (stream: %s)',
  async (stream) => {
    const { server, model } = await setUp({ hang: true });
    const controller = new AbortController();
    const asked = ask(model, { stream }, controller.signal);
    await vi.waitUntil(() => server.concurrency === 1);
    controller.abort('enough');
    await expect(asked).rejects.toSatisfy(isCancelled);
    await expect(asked).rejects.toMatchObject({ taskName: 'research', cause: 'enough' });
    await vi.waitUntil(() => server.concurrency === 0);
  },
);

test('aborting in the middle of a stream ends it and closes its socket', async () => {
  const { server, model } = await setUp('');
  const controller = new AbortController();
  const parts = model.generate(
    { messages: [{ role: 'user', content: 'Go' }], stream: true },
    caller(controller.signal),
  );
  const read = async () => {
    for await (const part of parts) if (part.type === 'text') controller.abort();
  };
  server.respond({ raw: ['data: {"choices":[{"delta":{"content":"one"}}]}\n\n', '\n'], delayBetweenMs: 60_000 });
  await expect(read()).rejects.toSatisfy(isCancelled);
  await vi.waitUntil(() => server.concurrency === 0);
});

test('a reader that stops early closes the socket', async () => {
  const { server, model } = await setUp({
    raw: ['data: {"choices":[{"delta":{"content":"one"}}]}\n\n', '\n'],
    delayBetweenMs: 60_000,
  });
  for await (const _ of model.generate({ messages: [{ role: 'user', content: 'Go' }], stream: true }, caller())) break;
  await vi.waitUntil(() => server.concurrency === 0);
});

test('aborting a call that waits for a free socket ends it at once, and the others go on', async () => {
  const { server, model } = await setUp({ hang: true }, { maxConcurrency: 1 });
  const first = new AbortController();
  const second = new AbortController();
  const running = ask(model, {}, first.signal);
  await vi.waitUntil(() => server.concurrency === 1);
  const waiting = ask(model, {}, second.signal);
  const last = ask(model);
  second.abort();
  await expect(waiting).rejects.toSatisfy(isCancelled);
  server.respond('fine');
  first.abort();
  await expect(running).rejects.toSatisfy(isCancelled);
  expect(textOf(await last)).toBe('fine');
  expect(server.requests).toHaveLength(2);
});

test('calls given up while they waited cost no socket', async () => {
  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const { server, model } = await setUp(() => released.then(() => 'fine'), { maxConcurrency: 1 });
  const controller = new AbortController();
  const running = ask(model);
  await vi.waitUntil(() => server.concurrency === 1);
  const waiting = Array.from({ length: 20 }, () => ask(model, {}, controller.signal));
  const last = ask(model);
  // They are in the queue once the turn is over in which they were made.
  await new Promise((resolve) => setImmediate(resolve));
  controller.abort();
  release();
  expect((await Promise.allSettled(waiting)).every((one) => one.status === 'rejected' && isCancelled(one.reason))).toBe(
    true,
  );
  expect([textOf(await running), textOf(await last)]).toEqual(['fine', 'fine']);
  expect(server.requests).toHaveLength(2);
  expect(server.openedSockets).toBe(1);
});

test('a call with a signal that is aborted already is never sent', async () => {
  const { server, model } = await setUp('fine');
  await expect(ask(model, {}, AbortSignal.abort())).rejects.toSatisfy(isCancelled);
  expect(server.requests).toHaveLength(0);
});

test('hundreds of calls under one signal do not make Node warn of a leak', async () => {
  const warned = vi.fn();
  process.on('warning', warned);
  const { model } = await setUp('fine');
  const { signal } = new AbortController();
  await Promise.all(Array.from({ length: 300 }, () => ask(model, {}, signal)));
  process.off('warning', warned);
  expect(warned).not.toHaveBeenCalled();
});

test('settings given to a model cannot be changed afterwards', async () => {
  const options: { model: string; baseURL: string } & Partial<OpenAIOptions> = { model: 'before', baseURL: '' };
  const { server } = await setUp('fine');
  options.baseURL = server.url;
  const model = openai(options);
  options.model = 'after';
  await ask(model);
  expect(server.requests[0]?.body).toMatchObject({ model: 'before' });
});

test('sockets that are kept alive do not keep a process alive', async () => {
  const { server } = await setUp('fine');
  const { args, env } = withCrewline(fileURLToPath(new URL('fixtures/one-call.mjs', import.meta.url)));
  const child = spawn(process.execPath, [...args, server.url], { env: { ...process.env, ...env } });
  let output = '';
  child.stderr.on('data', (chunk) => {
    output += String(chunk);
  });
  child.stdout.on('data', (chunk) => {
    // The process has nothing left to do, and yet its socket is open.
    output += `${chunk} with ${server.sockets} socket`;
    child.stdin.end('\n');
  });
  const [code] = await once(child, 'exit');
  expect(output).toBe('idle with 1 socket');
  expect(code).toBe(0);
});
