import { ModelError } from '../../src/errors.ts';
import type { ModelLimits } from '../../src/spec/limits.ts';
import type { Model } from '../../src/spec/model.ts';
import type { FakeClock } from '../../src/testing/fake-clock.ts';
import { RateServer, type RateServerOptions } from './rate-server.ts';

export interface RatedModelOptions extends RateServerOptions {
  readonly clock: FakeClock;
  readonly name?: string;
  readonly limits?: ModelLimits;
  /** How long an answer takes. @default 2,000 */
  readonly latencyMs?: number;
}

/** A model behind a limit of requests a minute, on a test's clock: what arrives over it is answered 429. */
export function ratedModel(options: RatedModelOptions): { readonly model: Model; readonly server: RateServer } {
  const { clock, name = 'rated', limits, latencyMs = 2_000 } = options;
  const server = new RateServer(options);
  const model: Model = {
    name,
    ...(limits && { limits }),
    async *generate(_, { signal }) {
      // Requests do not arrive in the order in which they were sent.
      await clock.sleep(20 + clock.random() * 200, signal);
      const { ok, news, retryAfterMs } = server.ask(clock.monotonic());
      if (!ok) {
        throw new ModelError('RATE_LIMITED', 'too many requests', {
          status: 429,
          retryable: true,
          retryAfterMs,
          limits: news,
        });
      }
      await clock.sleep(latencyMs * (0.5 + clock.random()), signal);
      yield { type: 'text', text: 'done' };
      const usage = { inputTokens: 50, outputTokens: 5 };
      yield { type: 'end', finishReason: 'stop', usage, ...(news && { limits: news }) };
    },
  };
  return { model, server };
}
