// The type-level tools behind typed results. Nothing here exists at run time but `sealed`.
import type { Json } from './spec/json.ts';
import type { Schema } from './spec/schema.ts';

/** What a schema accepts, and what it yields. */
export type SchemaInput<S> = S extends Schema<infer Input, unknown> ? Input : never;
export type SchemaOutput<S> = S extends Schema<unknown, infer Output> ? Output : never;

/**
 * `T`, with a sentence in the place of everything in it that JSON cannot hold. Unlike `Json` it takes an interface, whose
 * fields the compiler does not compare with an index signature. What is unknown is left to the check at run time.
 */
export type JsonLike<T> = unknown extends T
  ? T
  : T extends Json | undefined
    ? T
    : T extends NotJson
      ? 'JSON cannot hold this'
      : { [K in keyof T]: JsonLike<T[K]> };
type NotJson =
  | bigint
  | symbol
  | Date
  | RegExp
  | Error
  | Promise<unknown>
  | ReadonlyMap<unknown, unknown>
  | ReadonlySet<unknown>
  | ((...options: never) => unknown);

/** Written out in one piece, so that an editor shows fields instead of an intersection. */
export type Flat<T> = { [K in keyof T]: T[K] } & {};

/**
 * What a task's type remembers: its own output, and only the *names* of what it needs. Each fact is a type argument,
 * which the compiler works out at once; fields that it works out later would keep whole chains of tasks alive in it.
 */
export interface TaskFacts<
  Output = unknown,
  Needs extends string = string,
  Requires extends string = string,
  AgentName extends string = string,
  Conditional extends boolean = boolean,
  Skipping extends boolean = boolean,
> {
  readonly output: Output;
  /** Names of the tasks in `context` and `dependsOn`. */
  readonly needs: Needs;
  /** Names among them that are not `optional`: if one of these is skipped, so is this task. */
  readonly requires: Requires;
  /** Name of the task's agent; never when it has none. */
  readonly agent: AgentName;
  /** True for a task with `when`. */
  readonly conditional: Conditional;
  /** True for a task whose failure skips what requires it: then any task of its crew may end without an output. */
  readonly skipping: Skipping;
}

/** The least that the tools below need to see of a task. */
export interface Named<Name extends string = string, Facts extends TaskFacts = TaskFacts> {
  readonly name: Name;
  /** Only for the compiler; never set. */
  readonly '~facts'?: Facts | undefined;
}

/** A dependency that may be skipped. */
export interface OptionalDependency<T extends Named | string = Named | string> {
  readonly optional: T;
}

/** One entry of `context` or `dependsOn`. */
export type DependencyEntry = Named | string | OptionalDependency;

type NameOf<E> = E extends string ? E : E extends { readonly name: infer N extends string } ? N : never;
type TargetOf<E> = E extends OptionalDependency<infer T> ? T : E;

/** The names in a dependency list. */
export type NamesIn<List extends readonly DependencyEntry[]> = NameOf<TargetOf<List[number]>>;

/** The names in a dependency list that are not optional. */
export type RequiredIn<List extends readonly DependencyEntry[]> = NameOf<Exclude<List[number], OptionalDependency>>;

type FactsOf<T extends Named> = NonNullable<T['~facts']>;

/** A task's output as it declares it. */
export type OutputOf<T extends Named> = FactsOf<T>['output'];

/** What a callback of a task reads as `context`: outputs by task name, null for an optional one that has none. */
export type ContextOf<List extends readonly DependencyEntry[]> = {
  readonly [E in List[number] as NameOf<TargetOf<E>>]: E extends OptionalDependency<infer T>
    ? EntryOutput<T> | null
    : EntryOutput<E>;
};
type EntryOutput<E> = E extends Named ? OutputOf<E> : unknown;

/** What each task's output may be edited to, by name. */
export type AnswersOf<Tasks extends readonly Named[]> = { readonly [T in Tasks[number] as T['name']]: OutputOf<T> };

type ByName<Tasks extends readonly Named[]> = { readonly [T in Tasks[number] as T['name']]: FactsOf<T> };
type FactsByName = { readonly [name: string]: TaskFacts };

/** The names of the tasks that may end as skipped: those in `Found`, and all that require one of them, near or far. */
type MaySkip<Facts, Found = Conditional<Facts>> = [Requiring<Facts, Found>] extends [Found]
  ? Found
  : MaySkip<Facts, Found | Requiring<Facts, Found>>;
type Conditional<Facts> = {
  [Name in keyof Facts]: Facts[Name] extends { readonly conditional: true } ? Name : never;
}[keyof Facts];
type Requiring<Facts, Found> = {
  [Name in keyof Facts]: Facts[Name] extends { readonly requires: infer R }
    ? [R & Found] extends [never]
      ? never
      : Name
    : never;
}[keyof Facts];

/** True when a failure may leave tasks of this crew skipped. */
export type MaySkipAny<Tasks extends readonly Named[]> = FactsOf<Tasks[number]>['skipping'];

/** The output of each task by name; null is in it where the task may have none. */
export type OutputsOf<Tasks extends readonly Named[], AllMayMiss extends boolean> = OutputsIn<
  ByName<Tasks>,
  AllMayMiss
>;
type OutputsIn<Facts extends FactsByName, AllMayMiss extends boolean> = {
  readonly [Name in keyof Facts]:
    | Facts[Name]['output']
    | (true extends AllMayMiss ? null : Name extends MaySkip<Facts> ? null : never);
};

/** The last name declared: what a crew's own output is. */
export type LastName<Tasks extends readonly Named[]> = Tasks extends readonly [...unknown[], infer Last extends Named]
  ? Last['name']
  : Tasks[number]['name'];

/** Nothing to object to, or a sentence in the place of a task that names a task or an agent the crew does not have. */
export type CheckedTasks<Tasks extends readonly Named[], AgentNames extends string> = {
  readonly [I in keyof Tasks]: CheckedTask<FactsOf<Tasks[I]>, Tasks[number]['name'], AgentNames>;
};
type CheckedTask<Facts extends TaskFacts, Names extends string, AgentNames extends string> = [
  Unknown<Facts['needs'], Names>,
] extends [never]
  ? [Unknown<Facts['agent'], AgentNames>] extends [never]
    ? unknown
    : `This crew has no agent "${Unknown<Facts['agent'], AgentNames>}"`
  : `This crew has no task "${Unknown<Facts['needs'], Names>}"`;
/** Names asked for that are not there. A name that the compiler cannot know is left to the check at run time. */
type Unknown<Asked extends string, There extends string> = string extends Asked ? never : Exclude<Asked, There>;

/** Gives a class the typed constructor that its users see. The class itself stays free of type-level work. */
export function sealed<Constructor>(implementation: abstract new (...options: never) => object): Constructor {
  return implementation as unknown as Constructor;
}

/** What a step recorded is what the same step, run again under the same name, would have returned. */
export function recall<T>(recorded: unknown): T {
  return recorded as T;
}
