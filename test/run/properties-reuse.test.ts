import { join } from 'node:path';
import { Agent, Crew, type Engine, type Model, optional, Task } from 'crewline';
import { sqlite } from 'crewline/sqlite';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RUNS } from '../sizes.ts';
import { temporaryFolder } from '../temporary-folders.ts';

/** One task of a random crew. Numbers in lists are positions of earlier tasks. */
interface Shape {
  /** Done by code, which is given all inputs, or by an agent, whose template names one. */
  readonly code: boolean;
  /** Undefined in a sequential crew: everything earlier. */
  readonly context: readonly number[] | undefined;
  readonly optionals: boolean;
  readonly dependsOn: readonly number[];
  /** The input that an agent's template names. */
  readonly input: 'a' | 'b';
  /** True when the output does not follow from what the task reads. */
  readonly deaf: boolean;
}

interface Scenario {
  readonly sequential: boolean;
  readonly tasks: readonly Shape[];
  /** The task that is changed, and the input; -1 and undefined for none. */
  readonly changed: number;
  readonly input: 'a' | 'b' | 'c' | undefined;
}

const scenarios = fc.integer({ min: 1, max: 7 }).chain((size) =>
  fc.boolean().chain((sequential) =>
    fc.record({
      sequential: fc.constant(sequential),
      tasks: fc.tuple(...Array.from({ length: size }, (_, id) => shape(id, sequential))),
      changed: fc.integer({ min: -1, max: size - 1 }),
      input: fc.constantFrom('a', 'b', 'c', undefined, undefined),
    }),
  ),
);

function shape(id: number, sequential: boolean): fc.Arbitrary<Shape> {
  const earlier: fc.Arbitrary<number[]> = id === 0 ? fc.constant([]) : fc.uniqueArray(fc.nat(id - 1), { maxLength: 3 });
  return fc.record({
    code: fc.boolean(),
    context: sequential ? fc.option(earlier, { nil: undefined }) : earlier,
    optionals: fc.boolean(),
    dependsOn: earlier,
    input: fc.constantFrom('a', 'b'),
    deaf: fc.boolean(),
  });
}

type Inputs = { readonly a: string; readonly b: string; readonly c: string };
const nameOf = (id: number) => `t${id}`;

/** What a task reads, by position. */
function readBy({ sequential, tasks }: Scenario, id: number): readonly number[] {
  const { context } = tasks[id] ?? { context: [] };
  return context ?? (sequential ? Array.from({ length: id }, (_, earlier) => earlier) : []);
}

/** What every task would put out, worked out beside Crewline. */
function outputsOf(scenario: Scenario, versions: readonly string[], inputs: Inputs): readonly string[] {
  const outputs: string[] = [];
  scenario.tasks.forEach(({ code, input, deaf }, id) => {
    const own = code ? `${inputs.a}${inputs.b}` : inputs[input];
    const read = readBy(scenario, id).map((other) => outputs[other]);
    outputs.push(deaf ? `${nameOf(id)} deaf` : `${nameOf(id)} v${versions[id]} ${own} (${read.length})`);
  });
  return outputs;
}

/** The tasks whose definition, inputs or read outputs are not the same. */
function affected(
  scenario: Scenario,
  before: { readonly versions: readonly string[]; readonly inputs: Inputs },
  now: { readonly versions: readonly string[]; readonly inputs: Inputs },
): readonly string[] {
  const was = outputsOf(scenario, before.versions, before.inputs);
  const is = outputsOf(scenario, now.versions, now.inputs);
  return scenario.tasks.flatMap(({ code, input }, id) => {
    const inputsDiffer = code
      ? JSON.stringify(before.inputs) !== JSON.stringify(now.inputs)
      : before.inputs[input] !== now.inputs[input];
    const readsOther = readBy(scenario, id).some((other) => was[other] !== is[other]);
    return before.versions[id] !== now.versions[id] || inputsDiffer || readsOther ? [nameOf(id)] : [];
  });
}

function crewOf(scenario: Scenario, versions: readonly string[], worked: string[], engine?: Engine) {
  const outputs = (inputs: Inputs) => outputsOf(scenario, versions, inputs);
  const model: Model = {
    name: 'mine',
    async *generate({ messages }, { taskName }) {
      worked.push(taskName);
      const asked = messages.map(({ content }) => content).join('\n');
      const [, input = ''] = /<<(.*?)>>/.exec(asked) ?? [];
      const id = Number(taskName.slice(1));
      yield { type: 'text', text: outputs({ a: input, b: input, c: '' })[id] ?? '' };
      yield { type: 'end', finishReason: 'stop' };
    },
  };
  const agent = new Agent({ role: 'Ann', goal: 'Answer', backstory: 'Old', model });
  const tasks = scenario.tasks.map(({ code, context, optionals, dependsOn, input }, id) => {
    const named = (list: readonly number[]) =>
      list.map((other) => (optionals ? optional(nameOf(other)) : nameOf(other)));
    const common = {
      name: nameOf(id),
      version: versions[id] ?? '',
      dependsOn: named(dependsOn),
      ...(context !== undefined && { context: named(context) }),
    };
    if (!code) return new Task({ ...common, agent, description: `Say <<{{${input}}}>>`, expectedOutput: 'Text' });
    return new Task({
      ...common,
      execute: ({ inputs }) => {
        worked.push(nameOf(id));
        return outputs({ a: String(inputs['a']), b: String(inputs['b']), c: '' })[id] ?? '';
      },
    });
  });
  const process = scenario.sequential ? 'sequential' : 'parallel';
  return new Crew({ name: 'any', process, agents: [agent], tasks, ...(engine && { engine }) });
}

test('whatever has changed, a run that reuses another works exactly what that touches, and comes to what a new one would', async () => {
  const file = join(temporaryFolder('crewline-reuse-'), 'runs.db');
  const engine = () => sqlite({ file, synchronous: 'normal' });
  await fc.assert(
    fc.asyncProperty(scenarios, async (scenario) => {
      const before = {
        versions: scenario.tasks.map(() => '1'),
        inputs: { a: 'x', b: 'y', c: 'z' },
      };
      const now = {
        versions: before.versions.map((version, id) => (id === scenario.changed ? '2' : version)),
        inputs: scenario.input === undefined ? before.inputs : { ...before.inputs, [scenario.input]: 'other' },
      };
      const first = await crewOf(scenario, before.versions, [], engine()).kickoff({ inputs: before.inputs });
      const worked: string[] = [];
      const again = await crewOf(scenario, now.versions, worked, engine()).kickoff({
        inputs: now.inputs,
        reuse: first.runId,
      });
      expect([...worked].sort()).toEqual([...affected(scenario, before, now)].sort());
      const anew = await crewOf(scenario, now.versions, []).kickoff({ inputs: now.inputs });
      const outputs = (tasks: typeof anew.tasks) => Object.values(tasks).map(({ output }) => output);
      expect(outputs(again.tasks)).toEqual(outputs(anew.tasks));
      expect(again.usage.modelCalls).toBe(worked.filter((name) => !scenario.tasks[Number(name.slice(1))]?.code).length);
    }),
    { numRuns: Math.ceil(RUNS / 50) },
  );
});
