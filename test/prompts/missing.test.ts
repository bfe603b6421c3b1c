import fc from 'fast-check';
import { expect, test } from 'vitest';
import { missingVariables, missingVariablesError } from '../../src/prompts/missing.ts';
import { renderTemplate, type TemplateData } from '../../src/prompts/render.ts';
import { RUNS } from '../sizes.ts';

const namesOf = (source: string, inputs: TemplateData, set = {}) =>
  missingVariables([{ place: 'task', source, set }], inputs).map(({ name }) => name);

test('what is absent, undefined or null is missing; what is empty, zero or false is not', () => {
  const inputs = { b: undefined, c: null, d: '', e: 0, f: false, g: [], h: { i: {} } };
  expect(namesOf('{{a}}{{b}}{{c}}{{d}}{{e}}{{f}}{{#each g}}{{/each}}{{h.i}}{{h.i.j}}{{g.length}}', inputs)).toEqual([
    'a',
    'b',
    'c',
    'h.i.j',
  ]);
});

test('only own properties count, and outputs of tasks are no inputs', () => {
  expect(namesOf('{{toString}}{{a.constructor}}{{tasks.x.raw}}', { a: {} })).toEqual(['toString', 'a.constructor']);
});

test('a variable used only as a condition and inside it may be left out, but not left half done', () => {
  const source = '{{#if customer}}{{customer.name}}{{/if}}';
  expect(namesOf(source, {})).toEqual([]);
  expect(namesOf(source, { customer: { name: 'Ada' } })).toEqual([]);
  expect(namesOf(source, { customer: {} })).toEqual(['customer.name']);
  expect(namesOf(`${source}{{customer.id}}`, {})).toEqual(['customer.id']);
});

test('an override of a shipped template reads inputs under inputs', () => {
  const source = '{{role}} {{inputs.tone}} {{#if inputs.style}}{{inputs.style.name}}{{/if}} {{json inputs}}';
  const given = ['role', 'goal'];
  const missing = (inputs: TemplateData) => missingVariables([{ place: 'crew', source, set: {}, given }], inputs);
  expect(missing({})).toEqual([{ place: 'crew', name: 'tone' }]);
  expect(missing({ tone: 'x', style: {} })).toEqual([{ place: 'crew', name: 'style.name' }]);
});

test('all that is missing in all templates is one error', () => {
  const set = { style: 'Be {{tone}}.' };
  const templates = [
    { place: 'task "research", description', source: '{{topic}} in {{year}}, {{topic}}. {{> style}}', set },
    { place: 'agent "Editor", goal', source: '{{tone}} {{customer.name}}', set },
    { place: 'task "write", description', source: '{{tasks.research.raw}}', set },
  ];
  const error = missingVariablesError(missingVariables(templates, { year: 2026 }));
  expect(error?.code).toBe('TEMPLATE');
  expect(error?.message).toBe(
    [
      '3 variables have no value:',
      '- task "research", description: {{topic}}, {{tone}}',
      '- agent "Editor", goal: {{tone}}, {{customer.name}}',
      'Pass them as kickoff({ inputs: { topic: …, tone: …, customer: … } }), or write {{#if topic}}…{{/if}} around what may be left out.',
    ].join('\n'),
  );
});

test('a single missing variable is said in one line, and nothing is said when nothing is missing', () => {
  const missing = missingVariables([{ place: 'task "a", description', source: '{{topic}}', set: {} }], {});
  expect(missingVariablesError(missing)?.message).toBe(
    'task "a", description: {{topic}} has no value. Pass it as kickoff({ inputs: { topic: … } }), or write {{#if topic}}…{{/if}} around what may be left out.',
  );
  expect(missingVariablesError([])).toBeUndefined();
});

/** A template, and the variables that it cannot do without. */
interface Sample {
  readonly source: string;
  readonly needs: ReadonlySet<string>;
}

const NAMES = ['a', 'b-c', 'd_1', 'e'];
const union = (...sets: ReadonlySet<string>[]) => new Set(sets.flatMap((set) => [...set]));
const without = (set: ReadonlySet<string>, name: string) => new Set([...set].filter((entry) => entry !== name));
const name = fc.constantFrom(...NAMES);

const { sample } = fc.letrec<{ sample: Sample; part: Sample }>((tie) => ({
  part: fc.oneof(
    { depthSize: 'small' },
    fc.constant<Sample>({ source: 'text $& ', needs: new Set() }),
    name.map((x): Sample => ({ source: `{{${x}}}`, needs: new Set([x]) })),
    name.map((x): Sample => ({ source: `{{json ${x}}}{{@root.${x}}}`, needs: new Set([x]) })),
    name.map((x): Sample => ({ source: `{{> print this x=${x}}}`, needs: new Set([x]) })),
    fc.tuple(name, tie('sample'), tie('sample')).map(
      ([x, a, b]): Sample => ({
        source: `{{#if ${x}}}${a.source}{{else}}${b.source}{{/if}}`,
        needs: union(without(a.needs, x), b.needs),
      }),
    ),
    fc.tuple(name, tie('sample'), tie('sample')).map(
      ([x, a, b]): Sample => ({
        source: `{{#unless ${x}}}${a.source}{{else}}${b.source}{{/unless}}`,
        needs: union(a.needs, without(b.needs, x)),
      }),
    ),
  ),
  sample: fc.array(tie('part'), { maxLength: 4 }).map(
    (parts): Sample => ({
      source: parts.map((part) => part.source).join(''),
      needs: union(...parts.map((part) => part.needs)),
    }),
  ),
}));

test('the names reported are exactly the free variables that the inputs lack, and without any the template renders', () => {
  const set = { print: '<{{x}}>' };
  fc.assert(
    fc.property(sample, fc.subarray(NAMES), fc.constantFrom('v', '', false), ({ source, needs }, present, value) => {
      const inputs = Object.fromEntries(present.map((entry) => [entry, value]));
      const missing = namesOf(source, inputs, set);
      expect(new Set(missing)).toEqual(new Set([...needs].filter((entry) => !present.includes(entry))));
      if (missing.length === 0) expect(typeof renderTemplate(source, inputs, set)).toBe('string');
    }),
    { numRuns: RUNS },
  );
});
