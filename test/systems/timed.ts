import { type Engine, inMemory, type Model, openai, type Run } from 'crewline';
import {
  type FakeClock,
  fakeClock,
  type ModelServer,
  modelServer,
  type Reply,
  type ServerHandler,
} from 'crewline/testing';
import { onTestFinished, vi } from 'vitest';

/** A server and an engine on one clock that stands still: seconds cost nothing, and durations are exact. */
export interface Timed {
  readonly server: ModelServer;
  readonly model: Model;
  readonly engine: Engine;
  readonly clock: FakeClock;
}

export async function timed(respond: Reply | ServerHandler): Promise<Timed> {
  const clock = fakeClock();
  const server = await modelServer({ respond, runtime: clock });
  onTestFinished(() => server.close());
  const model = openai({ baseURL: server.url, apiKey: 'test', model: 'm' });
  return { server, model, clock, engine: inMemory({ runtime: clock }) };
}

/**
 * Lets a run's time pass, second by second, to its end. The clock moves only when every call that the run has under way
 * has reached the server and waits there, so what the network and this machine take is no part of any duration.
 */
export async function pass<Result>({ clock }: Timed, run: Run<Result>): Promise<Result> {
  let calls = 0;
  let over = false;
  run.on('model.start', () => {
    calls += 1;
  });
  run.on('model.end', () => {
    calls -= 1;
  });
  run.on('run.end', () => {
    over = true;
  });
  const isQuiet = () => over || (calls > 0 && clock.scheduled === calls);
  for (;;) {
    await vi.waitUntil(isQuiet, { interval: 1, timeout: 10_000 });
    if (over) return run.result;
    await clock.advance(1_000);
  }
}
