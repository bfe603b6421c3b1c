// The type-level tools behind typed results. Nothing here exists at run time but `sealed`.
import type { Schema } from './spec/schema.ts';

/** What a schema accepts, and what it yields. */
export type SchemaInput<S> = S extends Schema<infer Input, unknown> ? Input : never;
export type SchemaOutput<S> = S extends Schema<unknown, infer Output> ? Output : never;

/** Written out in one piece, so that an editor shows fields instead of an intersection. */
export type Flat<T> = { [K in keyof T]: T[K] } & {};

/** What a task's type remembers: its own name and output, and only the *names* of what it needs. */
export interface TaskFacts {
  readonly output: unknown;
  /** Names of the tasks in `context` and `dependsOn`. */
  readonly needs: string;
  /** Names among them that are not `optional`: if one of these is skipped, so is this task. */
  readonly requires: string;
  /** Name of the task's agent; never when it has none. */
  readonly agent: string;
  /** True for a task with `when`. */
  readonly conditional: boolean;
}

/** The least that the tools below need to see of a task. */
export interface Named<Name extends string = string, Facts extends TaskFacts = TaskFacts> {
  readonly name: Name;
  /** Only for the compiler; never set. */
  readonly '~facts'?: Facts;
}

/** A dependency that may be skipped or fail. */
export interface OptionalDependency<T extends Named | string = Named | string> {
  readonly optional: T;
}

/** One entry of `context` or `dependsOn`. */
export type DependencyEntry = Named | string | OptionalDependency;

type NameOf<E> = E extends string ? E : E extends { readonly name: infer N extends string } ? N : never;

/** The names in a dependency list. */
export type NamesIn<List extends readonly DependencyEntry[]> = List[number] extends infer E
  ? E extends OptionalDependency<infer T>
    ? NameOf<T>
    : NameOf<E>
  : never;

/** The names in a dependency list that are not optional. */
export type RequiredIn<List extends readonly DependencyEntry[]> = List[number] extends infer E
  ? E extends OptionalDependency
    ? never
    : NameOf<E>
  : never;

type FactsOf<T> = T extends { readonly '~facts'?: infer F } ? (F extends TaskFacts ? F : never) : never;

/** A task's output as it declares it. */
export type OutputOf<T> = FactsOf<T>['output'];

/** What a callback of a task reads as `context`: outputs by task name, null for an optional one that has none. */
export type ContextOf<List extends readonly DependencyEntry[]> = Flat<{
  readonly [E in List[number] as E extends OptionalDependency<infer T> ? NameOf<T> : NameOf<E>]: E extends OptionalDependency<
    infer T
  >
    ? EntryOutput<T> | null
    : EntryOutput<E>;
}>;
type EntryOutput<E> = E extends string ? unknown : OutputOf<E>;

type ByName<Tasks extends readonly Named[]> = { readonly [T in Tasks[number] as T['name']]: FactsOf<T> };

/** True when the task may end as skipped: by its own `when`, or because a task that it requires may. */
type MaySkip<Name, Facts> = true extends SkipReasons<Name, Facts> ? true : false;
type SkipReasons<Name, Facts> = Name extends keyof Facts
  ? Facts[Name] extends TaskFacts
    ? Facts[Name]['conditional'] extends true
      ? true
      : SkipReasons<Facts[Name]['requires'], Facts>
    : false
  : false;

/** The output of each task by name; null is in it where the task may have none. */
export type OutputsOf<Tasks extends readonly Named[], AllMayMiss extends boolean> = OutputsIn<
  ByName<Tasks>,
  AllMayMiss
>;
type OutputsIn<Facts, AllMayMiss extends boolean> = {
  readonly [Name in keyof Facts]: Facts[Name] extends TaskFacts
    ? AllMayMiss extends true
      ? Facts[Name]['output'] | null
      : MaySkip<Name, Facts> extends true
        ? Facts[Name]['output'] | null
        : Facts[Name]['output']
    : never;
};

/** The last name declared: what a crew's own output is. */
export type LastName<Tasks extends readonly Named[]> = Tasks extends readonly [...unknown[], infer Last extends Named]
  ? Last['name']
  : Tasks[number]['name'];

/** A message where a type should have been: what the compiler prints when a check below fails. */
interface Mistake<Message extends string> {
  readonly '~mistake': Message;
}

/** Each task as it is, or a `Mistake` in the place of one that names a task or an agent the crew does not have. */
export type CheckedTasks<Tasks extends readonly Named[], AgentNames extends string> = {
  readonly [I in keyof Tasks]: CheckedTask<FactsOf<Tasks[I]>, Tasks[number]['name'], AgentNames>;
};
type CheckedTask<Facts extends TaskFacts, Names extends string, AgentNames extends string> = [
  Exclude<Facts['needs'], Names>,
] extends [never]
  ? string extends AgentNames
    ? unknown
    : [Exclude<Facts['agent'], AgentNames>] extends [never]
      ? unknown
      : Mistake<`This crew has no agent "${Exclude<Facts['agent'], AgentNames>}"`>
  : Mistake<`This crew has no task "${Exclude<Facts['needs'], Names>}"`>;

/** Gives a class the typed constructor that its users see. The class itself stays free of type-level work. */
export function sealed<Constructor>(implementation: abstract new (...options: never) => object): Constructor {
  return implementation as unknown as Constructor;
}

/** What a step recorded is what the same step, run again under the same name, would have returned. */
export function recall<T>(recorded: unknown): T {
  return recorded as T;
}
