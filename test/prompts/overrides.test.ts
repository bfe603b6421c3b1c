import { expect, test } from 'vitest';
import { checkOverrides, overridesIn } from '../../src/prompts/overrides.ts';
import type { PromptSet } from '../../src/spec/prompts.ts';

const messages = (set: PromptSet, layers?: readonly PromptSet[]) =>
  checkOverrides(set, 'crew "news"', layers).map(({ code, place, message }) => {
    expect({ code, place }).toEqual({ code: 'TEMPLATE', place: 'crew "news"' });
    return message;
  });

test('overrides may use the variables of what they replace, inputs, and partials of their own', () => {
  const set = {
    agent: '{{role}} {{#if delegation}}{{> coworkers}}{{/if}} {{inputs.tone}} {{> house-style}}',
    coworkers: '{{#if coworkers}}{{#each coworkers}}{{name}}{{/each}}{{/if}}',
    'house-style': 'Be {{inputs.tone}}. {{role}}',
    unused: '{{anything}}',
  };
  expect(messages(set)).toEqual([]);
});

test('a variable that the template does not have is refused with those it has', () => {
  expect(messages({ 'tool-uses': '{{nam}} {{inputs.x}}' })).toEqual([
    'prompt "tool-uses": there is no variable {{nam}} here. Did you mean "name"? It has: name, maxUses, inputs; an input is {{inputs.nam}}.',
  ]);
  expect(messages({ judge: '{{topic}}{{toString}}' })).toEqual([
    'prompt "judge": there is no variable {{topic}} here. It has: inputs; an input is {{inputs.topic}}.',
    'prompt "judge": there is no variable {{toString}} here. It has: inputs; an input is {{inputs.toString}}.',
  ]);
});

test('a field of a text and an optional variable without a condition are refused', () => {
  expect(messages({ task: '{{description.title}} {{schema}} {{#if schema}}{{schema}}{{/if}}' })).toEqual([
    'prompt "task": {{description.title}}: description is a text, so it has no title.',
    'prompt "task": {{schema}} is not always there; write {{#if schema}}…{{/if}} around it.',
  ]);
});

test('syntax errors, unknown helpers and missing partials are found in every template of a set', () => {
  expect(messages({ a: '{{#if x}}', b: '{{upper x}}', judge: '{{> rules}}' })).toEqual([
    'prompt "a": line 1: "{{#if x}}" is not valid Handlebars: a block, or a {{, is never closed.',
    'prompt "b": line 1: there is no helper "upper". There are only: json, join.',
    expect.stringContaining('prompt "judge": line 1: there is no partial "rules".'),
  ]);
});

test('partials may come from the layers below', () => {
  expect(messages({ judge: '{{> rules}}' }, [{ judge: '{{> rules}}' }, { rules: 'R' }])).toEqual([]);
});

test('overrides of shipped templates are listed with what they are given', () => {
  const set = { 'tool-uses': '{{inputs.tone}}', other: '{{x}}' };
  expect(overridesIn(set, 'task "a"')).toEqual([
    {
      place: 'task "a", prompt "tool-uses"',
      source: '{{inputs.tone}}',
      given: ['name', 'maxUses'],
      set: expect.objectContaining(set),
    },
  ]);
});
