import { CrewError } from '../../errors.ts';
import type { CrewEvent } from '../../events.ts';
import type { RunHandle } from '../../spec/engine.ts';
import type { Json } from '../../spec/json.ts';
import type { RunResult } from '../../spec/outcome.ts';
import { stepToJson } from '../outcome-json.ts';
import { PostgresDesk } from './answers.ts';
import { eventsOf } from './event-rows.ts';
import type { Follower } from './follower.ts';
import type { Node } from './node.ts';
import { sleep } from './postgres.ts';

/** How long who reads events waits before it looks again. */
const LOOK_MS = 100;

/** A run as its user holds it, wherever it is worked. */
export class DbosHandle extends PostgresDesk implements RunHandle {
  readonly #node: Node;
  readonly #stretch: number;
  readonly #follower: Follower;
  #cancelled = false;

  constructor(
    node: Node,
    { runId, stretch }: { readonly runId: string; readonly stretch: number },
    follower: Follower,
  ) {
    super(runId, node.workshop, node.workshop.answers);
    this.#node = node;
    this.#stretch = stretch;
    this.#follower = follower;
  }

  result(): Promise<RunResult> {
    return this.#follower.result;
  }

  override async answer(id: string, answer: Json): Promise<void> {
    const here = this.#node.workshop.hostedRun(this.runId)?.run;
    const isHere = (await here?.questions())?.some((question) => question.id === id);
    return here !== undefined && isHere === true ? here.answer(id, answer) : super.answer(id, answer);
  }

  async signal(topic: string, value: Json, key: string): Promise<void> {
    await this.#tell('signal', { key, name: topic, value });
  }

  async cancel(reason = 'The run was cancelled.'): Promise<void> {
    // The first reason counts, and may not have arrived yet where the run is worked.
    if (this.#cancelled) return;
    this.#cancelled = true;
    const error = new CrewError('CANCELLED', reason, { runId: this.runId });
    const here = this.#node.workshop.hostedRun(this.runId);
    if (here?.run.drives === true) {
      here.run.abort(error);
      await this.#node.writer.flushed();
    } else await this.#tell('abort', { key: '', name: '', value: stepToJson({ ok: false, thrown: error }) });
  }

  async *eventsFrom(seq: number): AsyncGenerator<CrewEvent> {
    const { database, workshop } = this.#node;
    for (let next = seq; ; ) {
      const end = this.#node.endOf(this.runId);
      const isOver = await end.then(
        (result) => result !== undefined,
        () => true,
      );
      const found = await workshop.lasting(() => eventsOf(database, this.runId, next));
      for (const { event } of found) yield event;
      next = (found.at(-1)?.event.seq ?? next - 1) + 1;
      if (found.length === 0 && isOver) return;
      if (found.length === 0) await sleep(LOOK_MS);
    }
  }

  async #tell(
    kind: 'signal' | 'abort',
    { key, name, value }: { key: string; name: string; value: Json },
  ): Promise<void> {
    const { writer, workshop } = this.#node;
    const record = writer.record({ kind, runId: this.runId, stretch: this.#stretch, key, name, value });
    await Promise.all([record, writer.notify([kind, this.runId])]);
    // What is taken up here in this moment may have read its records before; and it hears all in the order they were written in.
    await workshop.hostedRun(this.runId)?.hearNews();
  }
}
