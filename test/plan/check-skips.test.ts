import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkCrew } from '../../src/plan/check.ts';
import { optional, Task } from '../../src/task.ts';
import type { TaskData } from '../../src/task-shape.ts';
import type { DependencyEntry } from '../../src/types.ts';
import { RUNS } from '../sizes.ts';
import { agentNamed, crewOf } from './crews.ts';

const writer = agentNamed('Writer');
const texts = { description: 'Write.', expectedOutput: 'A text.', agent: writer };
const maybe = new Task({ ...texts, name: 'maybe', when: () => false });
const after = new Task({ ...texts, name: 'after', context: [maybe] });
const PRINTS = '{{tasks.maybe.output}}';
const ASKS = '{{#if tasks.maybe.output}}{{tasks.maybe.output}}{{/if}}';

function mistakes(...tasks: TaskData[]): string[] {
  const { problems } = checkCrew(crewOf({ agents: [writer], tasks: [maybe, ...tasks] }));
  return problems.map(({ code, place, message }) => `${code} ${place}: ${message}`);
}

test('a template that reads a task which may be skipped is refused where the types cannot see it', () => {
  const said = (task: string, path: string, name: string) =>
    `PATH_OPTIONAL task "${task}": description: {{${path}}}: task "${name}" may be skipped, and this task with it, which its type cannot see in a template. Put "${name}" into context or dependsOn as well, or optional("${name}") with {{#if tasks.${name}.output}} around what reads it.`;
  expect(mistakes(new Task({ ...texts, name: 'end', description: PRINTS, context: [] }))).toEqual([
    said('end', 'tasks.maybe.output', 'maybe'),
  ]);
  expect(mistakes(new Task({ ...texts, name: 'end', description: ASKS }))).toHaveLength(1);
  const description = '{{tasks.after.raw}} {{tasks.after.output}}';
  expect(mistakes(after, new Task({ ...texts, name: 'end', description }))).toEqual([
    said('end', 'tasks.after.raw', 'after'),
  ]);
});

test('a template that prints what is only optional is refused, because its task would be skipped all the same', () => {
  expect(mistakes(new Task({ ...texts, name: 'end', expectedOutput: PRINTS, context: [optional(maybe)] }))).toEqual([
    'PATH_OPTIONAL task "end": expectedOutput: {{tasks.maybe.output}}: task "maybe" may be skipped, and this task with it, although it is optional here. Put this between {{#if tasks.maybe.output}} and {{/if}}, or list "maybe" without optional(…).',
  ]);
});

test('a template may read a task that may be skipped where context, dependsOn or a condition says so', () => {
  const sound = [
    new Task({ ...texts, name: 'end', description: PRINTS, context: [maybe] }),
    new Task({ ...texts, name: 'end', description: PRINTS, context: [], dependsOn: ['maybe'] }),
    new Task({ ...texts, name: 'end', description: PRINTS, context: [optional(maybe)], dependsOn: [maybe] }),
    new Task({ ...texts, name: 'end', description: PRINTS, when: () => true }),
    new Task({ ...texts, name: 'end', description: `${PRINTS}{{tasks.after.raw}}`, dependsOn: [after] }),
    new Task({ ...texts, name: 'end', description: ASKS, context: [optional(maybe)] }),
  ];
  for (const end of sound) expect(mistakes(after, end)).toEqual([]);
});

test('only the task whose own template reads it is refused, not those that wait for that one', () => {
  const end = new Task({ ...texts, name: 'end', description: PRINTS });
  const last = new Task({ ...texts, name: 'last', context: [end] });
  expect(mistakes(end, last)).toHaveLength(1);
});

test('a crew is refused exactly when a task may be skipped and its type does not know', () => {
  const wait = fc.record({
    how: fc.constantFrom('require', 'optional', 'print', 'ask', 'optional print'),
    of: fc.nat(),
  });
  const shape = fc.array(fc.record({ when: fc.boolean(), waits: fc.array(wait, { maxLength: 3 }) }), {
    minLength: 1,
    maxLength: 8,
  });
  fc.assert(
    fc.property(shape, (nodes) => {
      const typed = new Set<number>();
      const skipped = new Set<number>();
      const tasks = nodes.map(({ when, waits }, id) => {
        const known = id === 0 ? [] : waits.map(({ how, of }) => ({ how, of: of % id }));
        const listed = (of: number) => known.some((other) => other.of === of && !/^(print|ask)$/.test(other.how));
        const requires = known.filter(({ how }) => how === 'require');
        const needs = known.filter(({ how, of }) => how !== 'optional' && !(how === 'ask' && listed(of)));
        if (when || requires.some(({ of }) => typed.has(of))) typed.add(id);
        if (when || needs.some(({ of }) => skipped.has(of))) skipped.add(id);
        const written = known.map(({ how, of }) => {
          if (how === 'ask') return `{{#if tasks.t${of}.raw}}!{{/if}}`;
          return how.endsWith('print') ? `{{tasks.t${of}.raw}}` : '';
        });
        const context = known.flatMap(({ how, of }): DependencyEntry[] => {
          if (how === 'require') return [`t${of}`];
          return how.startsWith('optional') ? [optional(`t${of}`)] : [];
        });
        const given = { ...texts, name: `t${id}`, description: `Write. ${written.join('')}`, context };
        return when ? new Task({ ...given, when: () => false }) : new Task(given);
      });
      const { problems } = checkCrew(crewOf({ agents: [writer], tasks }));
      const unseen = [...skipped].some((id) => !typed.has(id));
      expect(new Set(problems.map(({ code }) => code))).toEqual(new Set(unseen ? ['PATH_OPTIONAL'] : []));
    }),
    { numRuns: RUNS },
  );
});
