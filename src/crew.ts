import type { Agent } from './agent.ts';
import { giveAnswer, openReviews, refuseUnanswerable } from './crew/answering.ts';
import { compileCrew } from './crew/compile-crew.ts';
import {
  type CrewParts,
  checkForEach,
  checkKickoff,
  checkPreview,
  checkReplay,
  checkResume,
} from './crew/crew-parts.ts';
import type {
  AnyInputs,
  CrewConstructor,
  CrewShape,
  ForEachOptions,
  KickoffOptions,
  PreviewOptions,
  ReplayOptions,
  ResumeOptions,
  SettledKickoff,
} from './crew/crew-shape.ts';
import { eachSettled } from './crew/kickoff-for-each.ts';
import { LiveRun } from './crew/live-run.ts';
import { notDurable } from './crew/not-durable.ts';
import { serveCrew } from './crew/serve-crew.ts';
import type { CrewData } from './definition.ts';
import { inMemory } from './engines/memory.ts';
import { refuse } from './internal/checks.ts';
import { type CrewSite, ON_ENGINE, OWN_ENGINE } from './internal/crew-engine.ts';
import { EventStream } from './internal/event-stream.ts';
import { isJson } from './internal/json.ts';
import { once } from './internal/once.ts';
import { THROUGH_MODELS, type ThroughModels } from './internal/through-models.ts';
import { type Plan, planOf } from './plan/plan.ts';
import type { CompiledCrew } from './run/compiled-crew.ts';
import { definitionOf } from './run/definition-of.ts';
import type { People } from './run/people.ts';
import { previewInputs } from './run/prepare-inputs.ts';
import { previewPrompt } from './run/preview-prompt.ts';
import type { Engine, Program, RunHandle, SubmitOptions } from './spec/engine.ts';
import type { Json, JsonObject } from './spec/json.ts';
import type { Message } from './spec/message.ts';
import type { RunResult } from './spec/outcome.ts';
import type { QuestionDesk } from './spec/question.ts';
import type { OpenReview } from './spec/review.ts';
import type { ServeOptions, Service } from './spec/service.ts';
import type { Task } from './task.ts';
import { sealed } from './types.ts';

/** A kickoff's options, their types forgotten. */
type PlainKickoff = KickoffOptions<Json, boolean>;
type PlainReplay = Omit<ReplayOptions<Json, string, boolean>, 'inputs'> & { readonly inputs?: JsonObject };
const NO_OPTIONS: PlainKickoff & ResumeOptions<boolean> & Partial<PlainReplay> = Object.freeze({});

/** What somebody else puts around a crew. */
interface Around {
  readonly through?: ThroughModels;
  readonly site?: CrewSite;
}

interface Origin {
  readonly engine: Engine | undefined;
  readonly around: Around;
}

class CrewEntry {
  readonly kind = 'crew';
  readonly name: string;
  readonly process: CrewData['process'];
  readonly tasks: CrewData['tasks'];
  readonly agents: readonly Agent[];
  readonly inputs: CrewData['inputs'];
  readonly inputsSchema: CrewData['inputsSchema'];
  readonly #compiled: CompiledCrew;
  readonly #engine: Engine;
  readonly #program: () => Promise<Program>;

  /** What it was made from, its defaults apart: another crew like it is made from the same. */
  readonly #origin: Origin;

  constructor(parts: CrewParts, history: readonly Message[] = [], around: Around = {}) {
    const compiled = compileCrew(parts, history, around.through);
    const { data } = compiled;
    this.name = data.name;
    this.process = data.process;
    this.tasks = data.tasks;
    this.agents = data.agents;
    this.inputs = data.inputs;
    this.inputsSchema = data.inputsSchema;
    this.#compiled = compiled;
    this.#engine = parts.engine ?? around.site?.engine ?? inMemory();
    this.#origin = { engine: parts.engine, around };
    this.#program = once(async () => ({ ...(await runner())(this.#compiled), definition: () => definitionOf(data) }));
    Object.freeze(this);
  }

  /** A promise of its own: `start().result` may be left alone, but a kickoff that nobody awaits must not fail unheard. */
  async kickoff(options: PlainKickoff = {}): Promise<RunResult> {
    return this.#begin(options, { waits: false }).result;
  }

  start(options: PlainKickoff = {}): LiveRun {
    return this.#begin(options, { waits: options.review !== false });
  }

  #begin(options: PlainKickoff, { waits }: Pick<People, 'waits'>): LiveRun {
    const engine = this.#engine;
    const place = `kickoff of crew "${this.name}"`;
    const problems = checkKickoff(place, options);
    const { inputs: given = {}, reuse, ...rest } = problems.length > 0 ? NO_OPTIONS : options;
    // As they are now: the caller may change them as soon as this returns. What is no JSON is refused by the run.
    const inputs = isJson(given) ? structuredClone(given) : given;
    return this.#follow(`run_${engine.runtime.uuid()}`, { ...rest, waits }, async (submission) => {
      refuse(problems, place);
      if (!waits && engine.desk === undefined && !rest.review) refuseUnanswerable(this.#compiled.data);
      if (reuse !== undefined && engine.replay === undefined) throw notDurable(this.name, 'reused', reuse);
      await engine.start(await this.#program());
      return engine.submit(this.name, inputs, { ...submission, reuse });
    });
  }

  async resume(runId: string, options: ResumeOptions<boolean> = {}): Promise<RunResult> {
    return this.#goOn(runId, options, { waits: false }).result;
  }

  reopen(runId: string, options: ResumeOptions<boolean> = {}): LiveRun {
    return this.#goOn(runId, options, { waits: options.review !== false });
  }

  #goOn(runId: string, options: ResumeOptions<boolean>, { waits }: Pick<People, 'waits'>): LiveRun {
    const engine = this.#engine;
    const place = `resume of crew "${this.name}"`;
    const problems = checkResume(place, runId, options);
    const { acceptChanges = false, decisions = {}, ...rest } = problems.length > 0 ? NO_OPTIONS : options;
    return this.#follow(runId, { ...rest, waits }, async (submission) => {
      refuse(problems, place);
      if (engine.resume === undefined) throw notDurable(this.name, 'resumed', runId);
      await engine.start(await this.#program());
      return engine.resume(this.name, { ...submission, acceptChanges, decisions });
    });
  }

  async answer(runId: string, name: string, answer: unknown): Promise<void> {
    return giveAnswer(this.#compiled.data, await this.#desk(runId), { name, answer });
  }

  async reviews(runId: string): Promise<readonly OpenReview[]> {
    return openReviews(await (await this.#desk(runId)).questions());
  }

  async #desk(runId: string): Promise<QuestionDesk> {
    const engine = this.#engine;
    return engine.desk === undefined ? engine.handle(runId) : engine.desk(this.name, runId);
  }

  async replay(source: string, options: PlainReplay): Promise<RunResult> {
    return this.#replay(source, options, { waits: false }).result;
  }

  startReplay(source: string, options: PlainReplay): LiveRun {
    return this.#replay(source, options, { waits: options.review !== false });
  }

  #replay(source: string, options: PlainReplay, { waits }: Pick<People, 'waits'>): LiveRun {
    const engine = this.#engine;
    const place = `replay of crew "${this.name}"`;
    const problems = checkReplay(place, source, options);
    const { from = [], inputs: given = {}, ...rest } = problems.length > 0 ? NO_OPTIONS : options;
    const inputs = structuredClone(given);
    const { graph } = this.#compiled;
    return this.#follow(`run_${engine.runtime.uuid()}`, { ...rest, waits }, async (submission) => {
      refuse(problems, place);
      if (engine.replay === undefined) throw notDurable(this.name, 'replayed', source);
      const { keptTasks, refuseUnknown } = await import('./run/kept-tasks.ts');
      const names = typeof from === 'string' ? [from] : from;
      refuseUnknown(graph, this.name, names);
      await engine.start(await this.#program());
      return engine.replay(this.name, {
        ...submission,
        source,
        inputs,
        keep: (recorded) => keptTasks(graph, names, recorded),
      });
    });
  }

  /** Follows a run that is handed to the engine, from before its first event on. */
  #follow(
    runId: string,
    { signal, settle = false, approve, review, waits }: Omit<PlainKickoff, 'inputs' | 'reuse'> & Pick<People, 'waits'>,
    submit: (submission: SubmitOptions) => Promise<RunHandle>,
  ): LiveRun {
    const { runtime } = this.#engine;
    const { people, data } = this.#compiled;
    const { afterKickoff, cancelGraceMs, timeouts } = data;
    const crewFile = this.#origin.around.site?.file;
    const events = new EventStream(runId, runtime);
    const durable = this.#engine.desk !== undefined;
    // Who is refused a run, because another works it, has no say in it.
    let hasSay = false;
    return new LiveRun(runId, {
      events,
      signal,
      settle,
      submit: (onBegun) => {
        const onHandle = (handle: RunHandle) => {
          hasSay = true;
          people.set(runId, { approve, review: review === false ? undefined : review, waits, durable });
          onBegun(handle);
        };
        return submit({ runId, events, onHandle, crewFile, attended: waits });
      },
      answer: (desk, given) => giveAnswer(data, desk, given),
      close: () => {
        if (hasSay) people.delete(runId);
      },
      finish: afterKickoff && {
        runtime,
        graceMs: cancelGraceMs,
        limitMs: timeouts.callbackMs,
        call: afterKickoff,
      },
    });
  }

  serve(options?: ServeOptions): Promise<Service> {
    return serveCrew(this.#engine, { name: this.name, program: this.#program, ...(options && { options }) });
  }

  [THROUGH_MODELS](through: ThroughModels): CrewEntry {
    return this.#within({ through });
  }

  get [OWN_ENGINE](): Engine | undefined {
    return this.#origin.engine;
  }

  [ON_ENGINE](site: CrewSite): CrewEntry {
    return this.#within({ site });
  }

  #within(changed: Around): CrewEntry {
    const { data, history } = this.#compiled;
    const { inputsSchema: _, ...options } = data;
    const { engine, around } = this.#origin;
    return new CrewEntry({ ...options, ...(engine && { engine }) }, history, { ...around, ...changed });
  }

  async kickoffForEach(
    list: readonly Json[],
    options: ForEachOptions = {},
  ): Promise<SettledKickoff<RunResult, Json>[]> {
    const place = `kickoffForEach of crew "${this.name}"`;
    refuse(checkForEach(place, list, options), place);
    const { concurrency: _, ...common } = options;
    return eachSettled(list, (inputs) => this.kickoff({ inputs, ...common }), options);
  }

  plan(inputs?: Json): Plan {
    if (inputs !== undefined) previewInputs(this.#compiled, inputs);
    return planOf(this.#compiled.graph, this.#compiled.data);
  }

  async forecast(inputs?: Json): Promise<Plan> {
    if (inputs !== undefined) previewInputs(this.#compiled, inputs);
    const learnt = await this.#engine.learnt?.(this.name);
    return planOf(this.#compiled.graph, this.#compiled.data, learnt);
  }

  renderPrompt(task: string, options: PreviewOptions<Json> = {}): readonly Message[] {
    const place = `renderPrompt of crew "${this.name}"`;
    refuse(checkPreview(place, options), place);
    return previewPrompt(this.#compiled, task, options);
  }
}

/** What runs crews loads with the first kickoff: half of Crewline, which declaring a crew and drawing its plan can do without. */
const runner = once(async () => (await import('./run/program.ts')).programOf);

/** Agents and tasks with a process; see `CrewShape` for what it can do. */
export type Crew<
  Tasks extends readonly Task[] = readonly Task[],
  InputsGiven = AnyInputs,
  Inputs = unknown,
> = CrewShape<Tasks, InputsGiven, Inputs>;
export const Crew = sealed<CrewConstructor>(CrewEntry);

/** A crew of one whose conversation goes on from earlier messages: what `ask` is made of. */
export const Conversation =
  sealed<
    new <Output>(
      parts: CrewParts,
      history: readonly Message[],
    ) => { kickoff(options: PlainKickoff): Promise<Omit<RunResult, 'output'> & { readonly output: Output }> }
  >(CrewEntry);
