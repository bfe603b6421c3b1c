import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CrewError } from '../../src/errors.ts';
import { missingVariables } from '../../src/prompts/missing.ts';
import { readTemplate } from '../../src/prompts/read.ts';
import { renderTemplate } from '../../src/prompts/render.ts';
import { fuzz, textOf, typed } from './fuzz.ts';

const isTemplateError = (error: unknown) => error instanceof CrewError && error.code === 'TEMPLATE';

const WORDS = [
  '{{',
  '}}',
  '{{{',
  '}}}',
  '{{x}}',
  '{{x.y}}',
  '{{#if x}}',
  '{{else}}',
  '{{/if}}',
  '{{#each list}}',
  '{{/each}}',
  '{{this}}',
  '{{@index}}',
  '{{@root.x}}',
  '{{> part}}',
  '{{> self}}',
  '{{json x}}',
  '{{join list ", "}}',
  '{{!--',
  '--}}',
  '{{#with x}}',
  '{{/with}}',
  '{{../x}}',
  '{{__proto__}}',
  '{{constructor.constructor}}',
  '{{x.constructor}}',
  '{{~',
  '~}}',
  '\\{{x}}',
  '\\\\{{x}}',
  '{{{{raw}}}}',
  '{{#*inline "a"}}',
  '{{lookup x "y"}}',
  '{{log x}}',
  '(',
  ')',
  'as |a b|',
  'text',
];
const SET = { part: '({{x}})', self: '{{> self}}' };
const DATA = { x: { y: 'safe' }, list: ['a', 'b'] };

test('any text is a template that renders, or it is said what is wrong with it', () => {
  fuzz(textOf(WORDS), (source) => {
    const facts = readTemplate(source, SET);
    const text = typed(() => renderTemplate(source, DATA, SET), isTemplateError);
    if (facts.problems.length > 0) expect(text).toBeUndefined();
    if (text !== undefined) expect(text).not.toMatch(/\[native code\]|function Object/);
  });
});

test('a template that has all its variables renders, and one that misses any does not', () => {
  const pieces = fc.constantFrom(
    '{{x}}',
    '{{x.y}}',
    '{{list}}',
    '{{#if x}}{{x.y}}{{/if}}',
    '{{#each list}}{{this}}{{/each}}',
    '{{json x}}',
    'text',
    '{{> part}}',
  );
  const data = fc.record(
    { x: fc.oneof(fc.record({ y: fc.string() }), fc.constant(null)), list: fc.array(fc.string()) },
    { requiredKeys: [] },
  );
  fuzz(fc.tuple(fc.array(pieces, { maxLength: 8 }), data), ([parts, inputs]) => {
    const source = parts.join(' ');
    const missing = missingVariables([{ place: 'here', source, set: SET }], inputs);
    const text = typed(() => renderTemplate(source, inputs, SET), isTemplateError);
    if (missing.length === 0) expect(text).toBeDefined();
    else expect(text).toBeUndefined();
  });
});

test('a value is printed as it is, whatever it looks like', () => {
  fuzz(textOf(WORDS), (value) => {
    expect(renderTemplate('<{{x}}>{{#if x}}{{x}}{{/if}}', { x: value }, SET)).toBe(`<${value}>${value}`);
    expect(renderTemplate('{{#each list}}{{this}};{{/each}}', { list: [value, value] }, SET)).toBe(
      `${value};${value};`,
    );
  });
});
