import { CrewError, type ErrorDetails, ModelError, messageOf } from '../../errors.ts';
import { redact, redactAll } from '../../internal/redact.ts';
import { markReplayed } from '../../internal/replayed.ts';
import type { Model, ModelCallOptions, ModelPart, ModelRequest, ModelRoute } from '../../spec/model.ts';
import type { RecordedCall, RecordedError } from './recorded-call.ts';
import type { Recording } from './recording.ts';

/** One model whose calls go through a recording. */
export class ModelOnTape implements Model {
  readonly name: string;
  readonly jsonSchema: boolean;
  readonly contextWindow?: number;
  readonly limits?: NonNullable<Model['limits']>;
  readonly retries?: number;
  readonly timeouts?: NonNullable<Model['timeouts']>;
  readonly route?: ModelRoute;
  readonly #recording: Recording;
  readonly #model: Model;
  readonly #isReal: boolean;

  /** Without a real model, `model` only says how it was called. */
  constructor(
    recording: Recording,
    model: Model,
    options: { readonly isReal: boolean; readonly route: ModelRoute | undefined },
  ) {
    const { limits, retries, timeouts } = model;
    this.name = model.name;
    this.jsonSchema = model.jsonSchema === true;
    const contextWindow = windowOf(model, recording);
    if (contextWindow !== undefined) this.contextWindow = contextWindow;
    // A replay asks nobody, so nobody's limits hold.
    if (limits !== undefined && recording.mode !== 'replay') this.limits = limits;
    if (retries !== undefined) this.retries = retries;
    if (timeouts !== undefined) this.timeouts = timeouts;
    if (options.route !== undefined) this.route = options.route;
    this.#recording = recording;
    this.#model = model;
    this.#isReal = options.isReal;
  }

  async *generate(request: ModelRequest, options: ModelCallOptions): AsyncGenerator<ModelPart> {
    options.signal.throwIfAborted();
    const recording = this.#recording;
    const wanted = recording.wanted(this, request, options);
    const call = recording.mode === 'record' ? undefined : recording.take(wanted);
    if (call !== undefined) {
      markReplayed(options);
      yield* call.parts;
      if (call.error !== undefined) throw thrownAgain(call.error, options);
      return;
    }
    if (recording.mode === 'replay') throw recording.miss(wanted, options);
    if (!this.#isReal)
      throw new CrewError('MODEL_MISSING', 'recordedModel needs the option model, to record its answers.');
    const order = recording.begin();
    const parts: ModelPart[] = [];
    const keep = (error?: RecordedError) => {
      const kept: RecordedCall = { ...wanted, parts: redactAll(parts, redact), ...(error !== undefined && { error }) };
      recording.keep(kept, order, this);
    };
    try {
      for await (const part of this.#model.generate(request, options)) {
        parts.push(withoutNews(part));
        // Before it is handed on: with the last part the caller has all, and does not come back for more.
        if (part.type === 'end') keep();
        yield part;
        if (part.type === 'end') return;
      }
    } catch (thrown) {
      // A call that was given up says nothing about the model.
      if (!options.signal.aborted && parts.at(-1)?.type !== 'end') keep(errorOf(thrown));
      throw thrown;
    }
    keep();
  }
}

/**
 * A replay shortens conversations as the run did that was recorded, whatever stands in for the model. A model made of others
 * is called by their names, so that what is kept under its own is not about it.
 */
function windowOf({ name, contextWindow, route }: Model, { mode, models }: Recording): number | undefined {
  const recorded = mode === 'replay' && route === undefined ? models.get(name) : undefined;
  return recorded === undefined ? contextWindow : recorded.contextWindow;
}

/** Rate limits are news of the day: a replay is not to obey them. */
function withoutNews(part: ModelPart): ModelPart {
  if (part.type !== 'end' || part.limits === undefined) return part;
  const { limits: _, ...rest } = part;
  return rest;
}

function errorOf(thrown: unknown): RecordedError {
  const message = redact(messageOf(thrown));
  if (!(thrown instanceof CrewError)) return { message };
  if (!(thrown instanceof ModelError)) return { code: thrown.code, message };
  const { code, status, requestId, retryable, retryAfterMs, text, sent } = thrown;
  return {
    code,
    message,
    ...(status !== undefined && { status }),
    ...(requestId !== undefined && { requestId: redact(requestId) }),
    ...(retryable && { retryable }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    ...(text !== undefined && { text: redact(text) }),
    ...(!sent && { sent }),
  };
}

/** A recorded error as it was thrown, in the place of the call that meets it now. */
function thrownAgain({ code, message, ...known }: RecordedError, options: ModelCallOptions): Error {
  if (code === undefined) return new Error(message);
  const { runId, taskName, agent } = options;
  const where: ErrorDetails = { runId, taskName, agent };
  return new ModelError(code, message, { ...where, ...known });
}
