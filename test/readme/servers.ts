import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type ModelServer, modelServer, type Reply, type ServerRequest } from 'crewline/testing';

/** What the examples talk to instead of the services that a reader has: told to them by their environment. */
export interface Servers extends AsyncDisposable {
  readonly env: Readonly<Record<string, string>>;
}

/** Starts a model server for examples that name a model, and a server for the one that brings a model of its own. */
export async function startServers(): Promise<Servers> {
  const named: ModelServer = await modelServer({ respond: answer, apiKey: 'test' });
  const own = createServer((request, response) => {
    request.resume().on('end', () => response.end(JSON.stringify({ text: 'Forty-two.' })));
  });
  await new Promise<void>((resolve) => own.listen(0, '127.0.0.1', resolve));
  const { port }: Pick<AddressInfo, 'port'> = Object(own.address());
  return {
    env: { OPENAI_BASE_URL: named.url, OPENAI_API_KEY: 'test', MY_SERVER: `http://127.0.0.1:${port}/generate` },
    async [Symbol.asyncDispose]() {
      await named.close();
      own.closeAllConnections();
      own.close();
    },
  };
}

/** Looks up the order where it can be looked up, and says what it was told. */
function answer({ tools, messages }: ServerRequest): Reply {
  const last = messages.at(-1);
  if (last?.role === 'tool') return `I looked it up: ${last.content}`;
  if (tools.includes('order_status')) return { toolCalls: [{ name: 'order_status', arguments: { order: 'A-17' } }] };
  return 'Tea is a leaf that waits for water.';
}
