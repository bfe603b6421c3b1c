// The model server of the HTTP benchmarks, in a process of its own so that its work counts for nobody.
import { subscribe } from 'node:diagnostics_channel';
import { modelServer } from 'crewline/testing';

// A busy client does not see that the server has closed an idle connection, and fails: none is closed during a round.
subscribe('http.server.request.start', ({ server }) => {
  server.keepAliveTimeout = 120_000;
});

const delayMs = Number(process.argv[2] ?? 0);
const server = await modelServer({ respond: { text: 'an answer of a few words', delayMs } });
process.send?.({ url: server.url });
process.on('message', (message) => {
  if (message === 'count') process.send?.({ requests: server.requests.length });
});
process.on('disconnect', () => void server.close().then(() => process.exit(0)));
