import { CrewError } from '../errors.ts';
import { ENGINE_NAME } from '../internal/crew-engine.ts';
import { once } from '../internal/once.ts';
import type { Runtime } from '../internal/runtime.ts';
import type { Engine, Program, ReplayRequest, ResumeRequest, RunHandle, SubmitOptions } from '../spec/engine.ts';
import type { Json } from '../spec/json.ts';
import type { Learnt } from '../spec/learnt.ts';
import type { QuestionDesk } from '../spec/question.ts';
import type { Journal } from './journal.ts';
import { LocalRuns } from './local-runs.ts';
import { resultFromJson } from './outcome-json.ts';
import { isFinished, PastRun, refuseChanges, refuseOtherCrew, refuseSecrets } from './past-run.ts';
import type { RunLog } from './records.ts';
import type { Admission } from './run-store.ts';
import type { Mailbox } from './sqlite/mailbox.ts';
import type { Lease, Store, StoredRun } from './sqlite/store.ts';

/** What needs a file and a driver loads with the first run. */
const written = once(async () => ({
  ...(await import('./written-run.ts')),
  ...(await import('./sqlite/mailbox.ts')),
  ...(await import('./sqlite/stored-desk.ts')),
  ...(await import('./earlier-run.ts')),
  ...(await import('./sqlite/give-back.ts')),
}));

/** Runs in a store, worked by the same code as in memory, with a journal beside it. */
export class SqliteEngine implements Engine {
  readonly runtime: Runtime;
  readonly #local = new LocalRuns();
  readonly #open: () => Promise<Store>;
  #opened: Promise<Store> | undefined;
  #mailbox: Mailbox | undefined;

  readonly #file: string | undefined;

  /** `open` is called for the first run, and again for the first after a stop; `file` is where that looks. */
  constructor(runtime: Runtime, open: () => Promise<Store>, file?: string) {
    this.runtime = runtime;
    this.#file = file;
    this.#open = open;
  }

  get [ENGINE_NAME](): string | undefined {
    return this.#file && `sqlite:${this.#file}`;
  }

  #store(): Promise<Store> {
    this.#opened ??= this.#open().catch((thrown: unknown) => {
      // Whoever comes next tries again.
      this.#opened = undefined;
      throw thrown;
    });
    return this.#opened;
  }

  /** One for each opening of the file. */
  async #mailboxOf(store: Store): Promise<Mailbox> {
    const { Mailbox: Made } = await written();
    if (this.#mailbox?.store !== store) this.#mailbox = new Made(store, this.runtime);
    return this.#mailbox;
  }

  async start(program: Program): Promise<void> {
    this.#local.start(program);
  }

  /** Closes the file, too. Whatever is begun afterwards opens it again. */
  async stop(): Promise<void> {
    await this.#local.settled();
    const opened = this.#opened;
    this.#opened = undefined;
    await (await opened)?.close();
  }

  async submit(crew: string, inputs: Json, options: SubmitOptions): Promise<RunHandle> {
    const program = this.#local.programOf(crew);
    const { reuse } = options;
    refuseSecrets(inputs, options.runId);
    const store = await this.#store();
    const { WrittenRun, EarlierRun } = await written();
    const mailbox = await this.#mailboxOf(store);
    const source = reuse === undefined ? undefined : new EarlierRun(reuse, ofCrew(crew, store.records(reuse)).records);
    const from = reuse === undefined ? undefined : ({ kind: 'reuse', runId: reuse } as const);
    const lease = store.admit(this.#admission(crew, { inputs, source: from, options }));
    const journal = new WrittenRun(lease, mailbox, { source });
    return this.#work(program, { inputs, store, lease, journal, options });
  }

  async replay(crew: string, options: ReplayRequest): Promise<RunHandle> {
    const program = this.#local.programOf(crew);
    const { source: runId } = options;
    const store = await this.#store();
    const { WrittenRun, EarlierRun } = await written();
    const mailbox = await this.#mailboxOf(store);
    const stored = ofCrew(crew, store.records(runId));
    const { inputs, records } = new EarlierRun(runId, stored.records).replayed(stored.run.inputs, options);
    const admission = this.#admission(crew, { inputs, source: { kind: 'replay', runId }, options });
    const lease = store.admit(admission, records);
    const journal = new WrittenRun(lease, mailbox, { records });
    return this.#work(program, { inputs, store, lease, journal, options });
  }

  #admission(
    crew: string,
    { inputs, source, options }: Pick<Admission, 'inputs' | 'source'> & { readonly options: SubmitOptions },
  ): Admission {
    const { runId, crewFile } = options;
    const definition = this.#local.programOf(crew).definition?.() ?? '{}';
    return { runId, crew, crewFile, definition, inputs, source, at: this.runtime.now() };
  }

  async resume(crew: string, options: ResumeRequest): Promise<RunHandle> {
    const program = this.#local.programOf(crew);
    const { runId } = options;
    const store = await this.#store();
    const known = ofCrew(crew, store.records(runId));
    const { WrittenRun, EarlierRun, giveBack } = await written();
    const mailbox = await this.#mailboxOf(store);
    const { decisions, acceptChanges } = options;
    // Before anybody writes that they have it. Most decide nothing, and all that is recorded need not be read twice for that.
    if (Object.keys(decisions).length > 0)
      new WrittenRun(lookedAt(runId), mailbox, { ...known, decisions }).refuseStrangers();
    if (known.end !== undefined && isFinished(known.end.status)) {
      return new PastRun(runId, resultFromJson(known.end.result));
    }
    if (!acceptChanges) refuseChanges(known.run, program.definition?.());
    const lease = store.lease(runId);
    let before = known.end;
    try {
      // Until the lease was taken another owner may have written.
      const { run, records, end } = lease.taken === known.size ? known : store.records(runId);
      before = end;
      const reused = run.source?.kind === 'reuse' ? whileKept(store, run.source.runId) : undefined;
      const source = reused && new EarlierRun(reused.run.runId, reused.records);
      // What was answered changes no row.
      const answers = mailbox.answersOf(runId);
      const journal = new WrittenRun(lease, mailbox, { records, answers, decisions, isResumed: true, source });
      journal.refuseStrangers();
      await journal.tryFailedAnew();
      const onRefusal = () => giveBack(lease, before);
      return await this.#work(program, { inputs: run.inputs, store, lease, journal, options, onRefusal });
    } catch (thrown) {
      await giveBack(lease, before);
      throw thrown;
    }
  }

  async learnt(crew: string): Promise<Learnt | undefined> {
    return (await this.#store()).learnt(crew);
  }

  async desk(crew: string, runId: string): Promise<QuestionDesk> {
    const underWay = this.#local.get(runId);
    if (underWay !== undefined) return underWay;
    const store = await this.#store();
    ofCrew(crew, store.records(runId));
    const { StoredDesk, clean } = await written();
    return new StoredDesk(store, runId, clean);
  }

  handle(runId: string): RunHandle {
    const run = this.#local.get(runId);
    if (run !== undefined) return run;
    throw new CrewError(
      'RUN_UNKNOWN',
      `No run ${runId} is under way in this process. crew.resume('${runId}') goes on with one that is not.`,
    );
  }

  async #work(program: Program, work: Work): Promise<RunHandle> {
    const { runtime } = this;
    const { inputs, store, lease, journal, options, onRefusal } = work;
    const { runId, events, onHandle } = options;
    const { giveBack, isRefusal, refusedEnd } = await written();
    const stop = keepAlive(lease, runtime);
    const over = (thrown?: unknown) => {
      stop();
      if (!isRefusal(thrown)) void lease.release();
      else if (onRefusal === undefined) void giveBack(lease, refusedEnd(thrown));
      else onRefusal();
    };
    return this.#local.begin(
      program,
      { runId, events, runtime, journal, lookBack: lookBack(store, program.crew) },
      { inputs, onHandle, over },
    );
  }
}

interface Work {
  readonly inputs: Json;
  readonly store: Store;
  readonly lease: Lease;
  readonly journal: Journal;
  readonly options: SubmitOptions;
  /** Called when its inputs are refused. @default a run that is new has failed */
  readonly onRefusal?: () => unknown;
}

/** The log of a run that is only looked at: nothing is ever written to it. */
function lookedAt(runId: string): RunLog {
  return { runId, append: async () => undefined, end: async () => undefined };
}

/** Who goes first is a matter of hints: a file that cannot be read for them is noticed by the next who needs it. */
function lookBack(store: Store, crew: string): () => Learnt | undefined {
  let learnt: { readonly of: Learnt | undefined } | undefined;
  return () => {
    learnt ??= { of: read() };
    return learnt.of;
  };

  function read(): Learnt | undefined {
    try {
      return store.learnt(crew);
    } catch {
      return undefined;
    }
  }
}

/** @throws {CrewError} `RUN_UNKNOWN` for a run of another crew. */
function ofCrew(crew: string, known: StoredRun): StoredRun {
  refuseOtherCrew(known.run, crew);
  return known;
}

/** A run that others may take from, as long as nobody has removed it. */
function whileKept(store: Store, runId: string): StoredRun | undefined {
  try {
    return store.records(runId);
  } catch (thrown) {
    if (thrown instanceof CrewError && thrown.code === 'RUN_UNKNOWN') return undefined;
    throw thrown;
  }
}

/** A third of the time after which an owner of another machine is taken for dead. */
const RENEW_MS = 5_000;

/** Others may take a run over whose owner is not heard of any more. */
function keepAlive(lease: Lease, runtime: Runtime): () => void {
  let cancel: () => void = () => {};
  const next = () => {
    cancel = runtime.timer(
      RENEW_MS,
      () => {
        void lease.renew();
        next();
      },
      'bound',
    );
  };
  next();
  return () => cancel();
}
