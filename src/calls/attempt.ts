import type { CrewError } from '../errors.ts';
import { type Late, whenLate } from '../internal/late.ts';
import { isReplayed } from '../internal/replayed.ts';
import type { RateLimitNews } from '../spec/limits.ts';
import type { ToolCall } from '../spec/message.ts';
import type { FinishReason, Model, ModelPart, TokenCount } from '../spec/model.ts';
import type { Admission } from './admit.ts';
import { answerFault } from './answer-fault.ts';
import { abandonedOf, endOf, startOf } from './attempt-events.ts';
import { AttemptOptions } from './attempt-options.ts';
import { type Fault, faultError, located } from './call-errors.ts';
import { type Call, type ModelAnswer, placeOf, unwanted } from './call-site.ts';
import { spentBy } from './cost.ts';
import { letGo, openParts, partFault, resultFault } from './part-faults.ts';
import { countsOf, outcomeOf, recordOf, wasNobodyAsked } from './record.ts';
import { closeModel } from './run-waits.ts';
import { limitOf, timeoutFault } from './timeouts.ts';

const NO_CALLS: readonly ToolCall[] = Object.freeze([]);
const USEFUL = /\S/;
/** A timer is moved by at least so much. */
const LAZY_MS = 20;

/**
 * One attempt of a call: asks the model and hears its parts, until the answer is whole, something is wrong with it, it
 * takes too long or is not wanted any more. Not an async function with a `for await`: a model that ignores its signal, or
 * that hangs while it tidies up, is left behind, and what it still says is dropped.
 */
export class Attempt implements Late {
  readonly call: Call;
  readonly model: Model;
  /** From 1, counted over the whole call. */
  readonly number: number;
  readonly startedAt: number;
  isOver = false;
  /** What it failed of. */
  failure: CrewError | undefined;
  text = '';
  finishReason: FinishReason | undefined;
  usage: TokenCount | undefined;
  /** True once pieces of its text were told to listeners. */
  #wasTold = false;
  #options: AttemptOptions | undefined;
  #toolCalls: ToolCall[] | undefined;
  #news: RateLimitNews | undefined;
  #parts: AsyncIterator<ModelPart> | undefined;
  #usefulAt: number | undefined;
  #controller: AbortController | undefined;
  #left: CrewError | undefined;
  #limitAt = Number.POSITIVE_INFINITY;
  #cancelTimer: (() => void) | undefined;
  #unlisten: (() => void) | undefined;
  #resolve: (answer: ModelAnswer) => void = ignore;
  #reject: (error: CrewError) => void = ignore;
  readonly #admission: Admission;
  readonly #onResult = (result: IteratorResult<ModelPart>) => this.#hear(result);
  readonly #onThrown = (thrown: unknown) => this.#fail(this.#asError(thrown));

  constructor(call: Call, model: Model, admission: Admission) {
    call.attempts += 1;
    this.call = call;
    this.model = model;
    this.number = call.attempts;
    this.#admission = admission;
    this.startedAt = call.ctx.runtime.monotonic();
  }

  get toolCalls(): readonly ToolCall[] {
    return this.#toolCalls ?? NO_CALLS;
  }

  /** True once it is known to come from a recording: what it says of waiting decides what comes next, but nobody waits. */
  get isReplayed(): boolean {
    return this.#options !== undefined && isReplayed(this.#options);
  }

  /** Makes the attempt. @throws {CrewError} what went wrong, wherever that was. */
  run(): Promise<ModelAnswer> {
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
      const { ctx, request } = this.call;
      this.#admission.lease.goesOut?.();
      ctx.events.emit('model.start', startOf, this);
      whenLate(ctx.runtime, this);
      try {
        this.#options = new AttemptOptions(this);
        const parts = openParts(this.model.generate(request, this.#options));
        if (typeof parts === 'string') this.#fail(this.#bad(parts));
        else this.#ask(parts);
      } catch (thrown) {
        this.#onThrown(thrown);
      }
    });
  }

  /** Nobody waits for this attempt any more: `reason` is what it ends with. */
  leave(reason: CrewError): void {
    if (this.isOver) return;
    this.#left = reason;
    const parts = this.#parts;
    this.#fail(reason);
    this.#controller?.abort(reason);
    if (parts !== undefined) letGo(parts);
  }

  /** Something useful has arrived. */
  progress(): void {
    if (this.isOver) return;
    this.#usefulAt = this.call.ctx.runtime.monotonic();
    if (this.#cancelTimer !== undefined && this.#left === undefined) this.#setTimer();
  }

  /** Made when first read, for it is not cheap, and few models in memory read it. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#left !== undefined) this.#controller.abort(this.#left);
      else if (!this.isOver) this.#listen();
    }
    return this.#controller.signal;
  }

  onLate(): void {
    this.#listen();
    if (!this.isOver && this.#left === undefined) this.#setTimer();
  }

  #listen(): void {
    if (this.#unlisten !== undefined) return;
    const { ctx } = this.call;
    this.#unlisten = ignore;
    const unlisten = ctx.onAbort((reason) => this.#abort(reason));
    if (this.isOver) unlisten();
    else this.#unlisten = unlisten;
  }

  /** A cancellation leaves the model a while to end by itself, so that nothing of it is left when the run has settled. */
  #abort(reason: CrewError): void {
    if (reason.code !== 'CANCELLED') {
      this.leave(reason);
      return;
    }
    this.#left = reason;
    this.#cancelTimer?.();
    this.#cancelTimer = this.call.ctx.runtime.timer(this.call.graceMs, () => this.#abandon(reason), 'bound');
    this.#controller?.abort(reason);
  }

  #abandon(reason: CrewError): void {
    this.call.ctx.events.emit('log', abandonedOf, this);
    this.leave(reason);
  }

  #setTimer(): void {
    const { runtime } = this.call.ctx;
    const { at } = this.#limit();
    // Setting it for each of many parts would cost more than hearing them. A timer that is early finds that out.
    if (this.#cancelTimer !== undefined && at >= this.#limitAt && at < this.#limitAt + LAZY_MS) return;
    this.#cancelTimer?.();
    this.#limitAt = at;
    this.#cancelTimer = runtime.timer(at - runtime.monotonic(), () => this.#onTimer(), 'bound');
  }

  /** Not every part has moved the timer: it may be early. */
  #onTimer(): void {
    this.#cancelTimer = undefined;
    const { at, why } = this.#limit();
    if (at <= this.call.ctx.runtime.monotonic()) this.leave(this.#wrong(timeoutFault(this.model, why, this.text)));
    else this.#setTimer();
  }

  #limit() {
    const { stream } = this.call.request;
    return limitOf(this.model.timeouts, { startedAt: this.startedAt, usefulAt: this.#usefulAt, stream });
  }

  #ask(parts: AsyncIterator<ModelPart>): void {
    this.#parts = parts;
    // What is no promise is taken as it is; an iterator by hand may give anything.
    Promise.resolve(parts.next()).then(this.#onResult, this.#onThrown);
  }

  #hear(result: IteratorResult<ModelPart>): void {
    const parts = this.#parts;
    if (this.isOver || parts === undefined) return;
    try {
      const fault = resultFault(result);
      if (fault !== undefined) this.#fail(this.#bad(fault));
      else if (result.done === true) this.#finish();
      else if (this.#take(result.value)) this.#ask(parts);
      else letGo(parts);
    } catch (thrown) {
      letGo(parts);
      this.#onThrown(thrown);
    }
  }

  /** Takes one part. Returns whether there is more to hear. */
  #take(part: ModelPart): boolean {
    const fault = partFault(part);
    if (fault === undefined && this.#keep(part)) return true;
    if (fault === undefined) this.#finish();
    else this.#fail(this.#bad(fault));
    return false;
  }

  #keep(part: ModelPart): boolean {
    switch (part.type) {
      case 'text':
        this.text += part.text;
        if (this.call.request.stream) this.#tell(part.text);
        return true;
      case 'toolCall': {
        this.#toolCalls ??= [];
        this.#toolCalls.push({ id: part.id, name: part.name, arguments: part.arguments });
        if (this.call.request.stream) this.progress();
        return true;
      }
      case 'end':
        this.finishReason = part.finishReason;
        this.usage = part.usage && countsOf(part.usage);
        this.#news = part.limits;
        return false;
    }
  }

  #tell(text: string): void {
    if (USEFUL.test(text)) this.progress();
    const { ctx, taskName, agent, turn, callId } = this.call;
    if (!ctx.events.wants('model.delta')) return;
    this.#wasTold = true;
    ctx.events.emit('model.delta', () => ({ taskName, agent, turn, callId, attempt: this.number, text }));
  }

  #finish(): void {
    const fault = answerFault(this, this.call.mayBeCut);
    if (fault !== undefined) {
      this.#fail(this.#wrong(fault));
      return;
    }
    const { text, toolCalls, finishReason = 'stop' } = this;
    this.#end(undefined);
    this.#resolve({ text, toolCalls, finishReason, calls: this.call.records });
  }

  #fail(error: CrewError): void {
    if (this.isOver) return;
    this.failure = error;
    // Before its place goes to the next.
    if (error.code === 'QUOTA_EXHAUSTED') closeModel(this.call, this.model, error);
    this.#end(error);
    if (this.#wasTold) this.call.ctx.events.emit('model.superseded', startOf, this);
    this.#reject(error);
  }

  #end(error: CrewError | undefined): void {
    this.isOver = true;
    this.#cancelTimer?.();
    this.#unlisten?.();
    this.#parts = undefined;
    const record = recordOf(this, error);
    const isCall = error === undefined || !wasNobodyAsked(error);
    if (isCall) this.call.records.push(record);
    const { lease, reservation } = this.#admission;
    const answered = this.finishReason !== undefined;
    // A recorded refusal says nothing of the provider's patience today.
    const isNews = error === undefined || !this.isReplayed;
    lease.release(isNews ? outcomeOf(record, { error, answered, news: this.#news }) : { failed: !answered });
    reservation?.settle(isCall ? spentBy(record) : undefined);
    const { events, runtime } = this.call.ctx;
    events.emit('model.end', endOf, { attempt: this, record, error, durationMs: runtime.monotonic() - this.startedAt });
  }

  #asError(thrown: unknown): CrewError {
    const place = placeOf(this.call);
    const { aborted } = this.call.ctx;
    return aborted === undefined ? located(thrown, this.model.name, place) : unwanted(aborted, place);
  }

  #bad(did: string): CrewError {
    return this.#wrong({ code: 'BAD_RESPONSE', did, text: this.text });
  }

  #wrong(fault: Fault): CrewError {
    return faultError(this.model.name, fault, placeOf(this.call));
  }
}

function ignore(): void {}
