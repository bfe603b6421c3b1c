import fc from 'fast-check';
import { Agent } from '../../src/agent.ts';
import { Crew } from '../../src/crew.ts';
import { inMemory } from '../../src/engines/memory.ts';
import { withoutMarks } from '../../src/internal/outside.ts';
import type { Model, ModelPart } from '../../src/spec/model.ts';
import { optional, Task } from '../../src/task.ts';
import { type FakeClock, fakeClock } from '../../src/testing/fake-clock.ts';
import '../warm-up.ts';

/** An edge, as a task declares it; the same other task may stand in several. */
export interface Need {
  readonly name: string;
  readonly optional: boolean;
  /** True: `context`; false: `dependsOn`. */
  readonly reads: boolean;
}

/** One task of a random crew. */
export interface Node {
  readonly name: string;
  readonly needs: readonly Need[];
  /** How long it works; 0: it ends in the tick it starts in. */
  readonly ms: number;
  readonly by: 'code' | 'agent';
  readonly when: boolean | undefined;
  readonly fails: boolean;
  /** How often it is tried, and how many of its tries fail. */
  readonly attempts: number;
  readonly failures: number;
  readonly onFailure: 'failRun' | 'skipDependents' | 'fallback';
  /** What it does when its run is cancelled: work on, stop with the signal's reason, or throw an error of its own. */
  readonly onCancel: 'ignores' | 'stops' | 'throws';
}

const ON_CANCEL = ['ignores', 'stops', 'throws'] as const;

/** A crew to be: its tasks in an order in which each comes after those it needs, and the order to declare them in. */
export interface Shape {
  readonly nodes: readonly Node[];
  readonly declared: readonly string[];
  readonly limit: number | undefined;
  /** Calls that the model takes at once. */
  readonly lane: number | undefined;
}

/** What random crews may have. */
export interface ShapeOptions {
  readonly optional?: boolean;
  readonly when?: boolean;
  readonly fails?: boolean;
  /** Failures that are not the run's, and tasks that are tried again. */
  readonly policies?: boolean;
  /** A model with few places. */
  readonly lane?: boolean;
}

const POLICIES = ['failRun', 'skipDependents', 'fallback'] as const;
/** What a task that falls back says. */
export const FALLBACK = 'something else';

/** Random crews of up to 16 tasks, half of them worked by agents. What is drawn are small numbers, so that they shrink to simple crews. */
export function shapes(options: ShapeOptions = {}): fc.Arbitrary<Shape> {
  const policy = fc.nat(options.policies === true ? 53 : 0);
  const node = fc.tuple(fc.nat(20), fc.array(fc.nat(127), { maxLength: 4 }), fc.nat(23), policy);
  return fc
    .tuple(fc.array(node, { minLength: 1, maxLength: 16 }), fc.nat(6), fc.nat(1_000), fc.nat(options.lane ? 3 : 0))
    .map(([drawn, limit, shuffle, lane]) => {
      const nodes = drawn.map(
        ([ms, edges, fate, policy], index): Node => ({
          name: `t${index}`,
          needs: index === 0 ? [] : edges.map((edge) => needOf(edge, index, options)),
          ms,
          by: fate % 2 === 0 ? 'code' : 'agent',
          when: options.when === true && fate >= 4 && fate < 12 ? fate >= 8 : undefined,
          fails: options.fails === true && fate >= 22,
          attempts: 1 + (policy % 3),
          failures:
            options.fails === true && fate >= 22
              ? 9
              : Math.floor(policy / 3) % 6 >= 4
                ? Math.floor(policy / 18) + 1
                : 0,
          onFailure: POLICIES[Math.floor(policy / 18)] ?? 'failRun',
          onCancel: ON_CANCEL[fate % 3] ?? 'ignores',
        }),
      );
      return {
        nodes,
        declared: shuffled(nodes, shuffle),
        limit: limit === 0 ? undefined : limit,
        lane: lane === 0 ? undefined : lane,
      };
    });
}

function needOf(edge: number, index: number, options: ShapeOptions): Need {
  const target = Math.floor(edge / 4) % index;
  return { name: `t${target}`, reads: edge % 2 === 0, optional: options.optional === true && edge % 4 >= 2 };
}

function shuffled(nodes: readonly Node[], seed: number): readonly string[] {
  const names = nodes.map(({ name }) => name);
  const key = (name: string) => (Number(name.slice(1)) * 7919 * seed) % 1009;
  return seed === 0 ? names : names.sort((a, b) => key(a) - key(b));
}

/** The tasks that a node reads, each once, in the order declared. */
export function readBy(node: Node): readonly string[] {
  return [...new Set(node.needs.filter(({ reads }) => reads).map(({ name }) => name))];
}

/** The tasks that a node requires: where any of its declarations is not optional. */
export function requiredBy(node: Node): readonly string[] {
  return [...new Set(node.needs.filter((need) => !need.optional).map(({ name }) => name))];
}

/** The sum of all durations, and the longest path through them. */
export function workAndPath(nodes: readonly Node[]): { readonly work: number; readonly path: number } {
  const ends = new Map<string, number>();
  let work = 0;
  for (const { name, needs, ms } of nodes) {
    ends.set(name, ms + Math.max(0, ...needs.map((need) => ends.get(need.name) ?? 0)));
    work += ms;
  }
  return { work, path: Math.max(...ends.values()) };
}

/** One task at work, as it saw it itself. */
export interface Work {
  readonly name: string;
  readonly start: number;
  end: number;
  /** What it was given of other tasks, in the order given. */
  readonly context: readonly (readonly [name: string, text: string])[];
  /** How many were at work when it had started, itself included. */
  readonly together: number;
}

/** What a task has to work with. */
interface Given {
  readonly topic: string;
  readonly context: Work['context'];
  /** Asked for only by who looks at it: most code never does. */
  readonly signal: () => AbortSignal;
}

/** A crew made of a shape, on a clock of its own, and what its tasks saw. */
export interface Bench {
  readonly clock: FakeClock;
  readonly crew: Crew;
  readonly works: Work[];
  /** Model calls that were made. */
  readonly calls: { count: number };
}

const TOKENS = { inputTokens: 3, outputTokens: 2 };
const AGENTS = ['Ada', 'Bo', 'Cy'];

/** Builds the crew. Every task is worked for its `ms` on the fake clock, then answers with what follows from all it read. */
export function benchOf(
  { nodes, declared, limit, lane }: Shape,
  clock: FakeClock = fakeClock({ patienceMs: 200 }),
): Bench {
  const works: Work[] = [];
  const calls = { count: 0 };
  const byName = new Map(nodes.map((node) => [node.name, node]));
  let together = 0;
  async function work(name: string, given: Given): Promise<string> {
    const { topic, context, signal } = given;
    const node = byName.get(name);
    if (node === undefined) throw new Error(`there is no ${name}`);
    together += 1;
    const entry: Work = { name, start: clock.monotonic(), end: -1, context, together };
    works.push(entry);
    try {
      if (node.ms > 0) await clock.sleep(node.ms, node.onCancel === 'ignores' ? undefined : signal());
    } catch (reason) {
      throw node.onCancel === 'stops' ? reason : new DOMException('The operation was aborted.', 'AbortError');
    } finally {
      entry.end = clock.monotonic();
      together -= 1;
    }
    if (works.filter((other) => other.name === name).length <= node.failures) throw new Error(`${name} broke`);
    return answerOf(name, topic, context);
  }
  const model: Model = {
    name: 'scripted',
    ...(lane === undefined ? {} : { limits: { maxConcurrency: lane } }),
    async *generate({ messages }, { taskName, signal }): AsyncGenerator<ModelPart> {
      calls.count += 1;
      const asked = messages.at(-1)?.content ?? '';
      const given = { topic: topicIn(asked), context: blocksIn(asked), signal: () => signal };
      yield { type: 'text', text: await work(taskName, given) };
      yield { type: 'end', finishReason: 'stop', usage: TOKENS };
    },
  };
  const agents = AGENTS.map((role) => new Agent({ role, goal: 'Answer', backstory: 'Long', model }));
  const tasks = declared.map((name): Task => {
    const node = byName.get(name);
    const needs = node?.needs ?? [];
    const common = {
      name,
      context: needs.filter((need) => need.reads).map((need) => (need.optional ? optional(need.name) : need.name)),
      dependsOn: needs.filter((need) => !need.reads).map((need) => (need.optional ? optional(need.name) : need.name)),
      ...(node?.when === undefined ? {} : { when: () => node.when === true }),
      ...(node === undefined || node.attempts === 1 ? {} : { retry: { attempts: node.attempts, delayMs: 5 } }),
      onFailure: node?.onFailure === 'fallback' ? { fallback: FALLBACK } : (node?.onFailure ?? 'failRun'),
    } as const;
    const agent = agents[Number(name.slice(1)) % agents.length];
    if (node?.by === 'agent' && agent !== undefined) {
      return new Task({ ...common, description: 'About ({{topic}}).', expectedOutput: 'A text', agent });
    }
    return new Task({
      ...common,
      execute: (scope) =>
        work(name, {
          topic: String(scope.inputs['topic']),
          context: Object.entries(scope.context).map(asText),
          signal: () => scope.signal,
        }),
    });
  });
  const crew = new Crew({
    name: 'random',
    agents,
    tasks,
    process: 'parallel',
    engine: inMemory({ runtime: clock }),
    ...(limit === undefined ? {} : { maxConcurrency: limit }),
  });
  return { clock, crew, works, calls };
}

function asText([name, output]: readonly [string, unknown]): readonly [string, string] {
  return [name, String(output)];
}

/** An answer that depends on everything that was read, so that nothing can get lost, mixed up or changed unseen. */
function answerOf(name: string, topic: string, context: Work['context']): string {
  let hash = 7;
  for (const char of `${topic}|${context.join(';')}`) hash = (hash * 31 + (char.codePointAt(0) ?? 0)) % 1_000_003;
  return `${name} on ${topic}: ${hash}`;
}

function topicIn(asked: string): string {
  return /About \((.*)\)\./.exec(asked)?.[1] ?? 'no topic';
}

function blocksIn(asked: string): Work['context'] {
  return [...withoutMarks(asked).matchAll(/<result task="(.*)">\n(.*)\n<\/result>/g)].map(
    ([, name = '', text = '']) => [name, text],
  );
}
