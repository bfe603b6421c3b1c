import { onTestFinished } from 'vitest';
import { ModelError } from '../../src/errors.ts';
import { openai } from '../../src/models/openai.ts';
import type { OpenAIOptions } from '../../src/models/openai-options.ts';
import type { Model, ModelCallOptions, ModelPart, ModelRequest } from '../../src/spec/model.ts';
import { type ModelServer, modelServer, type Reply, type ServerHandler } from '../../src/testing/server.ts';

export const TEST_KEY = 'sk-secret-key-of-the-test';

/** Who asks, in all these tests. */
export function caller(signal: AbortSignal = new AbortController().signal): ModelCallOptions {
  return { signal, runId: 'run-1', taskName: 'research', agent: 'Analyst', key: 'research/turn.1.model' };
}

/** One call, all its parts. */
export async function ask(
  model: Model,
  request: Partial<ModelRequest> = {},
  signal?: AbortSignal,
): Promise<ModelPart[]> {
  const parts: ModelPart[] = [];
  const full: ModelRequest = { messages: [{ role: 'user', content: 'Say something.' }], stream: false, ...request };
  for await (const part of model.generate(full, caller(signal))) parts.push(part);
  return parts;
}

/** The text of all parts. */
export function textOf(parts: readonly ModelPart[]): string {
  return parts.map((part) => (part.type === 'text' ? part.text : '')).join('');
}

/** A server and a model that talks to it; the server closes when the test ends. */
export async function setUp(
  respond: Reply | ServerHandler,
  options: Partial<OpenAIOptions> = {},
): Promise<{ readonly server: ModelServer; readonly model: Model }> {
  const server = await modelServer({ respond });
  onTestFinished(() => server.close());
  return { server, model: openai({ model: 'test-model', baseURL: server.url, apiKey: TEST_KEY, ...options }) };
}

/** The error that a call ends with. */
export async function failure(call: Promise<unknown>): Promise<ModelError> {
  try {
    await call;
  } catch (error) {
    if (error instanceof ModelError) return error;
    throw error;
  }
  throw new Error('the call did not fail');
}
