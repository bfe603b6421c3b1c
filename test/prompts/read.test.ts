import { expect, test } from 'vitest';
import { readTemplate } from '../../src/prompts/read.ts';
import type { PromptSet } from '../../src/spec/prompts.ts';

/** References as text: `a.b`, `(a.b)` when guarded, `(a.b|a)` when guarded by `a`. */
function references(source: string, set: PromptSet = {}): string[] {
  return readTemplate(source, set).references.map(({ path, guarded, guard }) => {
    const text = path.join('.');
    return guarded ? `(${text}${guard === undefined ? '' : `|${guard.join('.')}`})` : text;
  });
}
const problems = (source: string, set: PromptSet = {}) => readTemplate(source, set).problems;

test('a plain text reads nothing', () => {
  expect(readTemplate('just { text }', {})).toEqual({ references: [], partials: [], problems: [] });
});

test('every path that is read is a reference, once', () => {
  expect(
    references('{{topic}} {{tasks.my-task.output.items}} {{topic}} {{json a.b}} {{join c ", "}} {{#each d}}{{/each}}'),
  ).toEqual(['topic', 'tasks.my-task.output.items', 'a.b', 'c', 'd']);
});

test('what stands in a condition, or inside a condition on itself, is optional', () => {
  expect(references('{{#if a}}{{a}}{{a.b}}{{c}}{{/if}}')).toEqual(['(a)', '(a|a)', '(a.b|a)', 'c']);
  expect(references('{{#if a.b}}{{a}}{{a.bc}}{{/if}}')).toEqual(['(a.b)', 'a', 'a.bc']);
  expect(references('{{#unless a}}{{a}}{{else}}{{a}}{{/unless}}')).toEqual(['(a)', 'a', '(a|a)']);
  expect(references('{{#if a}}x{{else if b}}{{b}}{{a}}{{/if}}')).toEqual(['(a)', '(b)', '(b|b)', 'a']);
  expect(references('{{#with a}}{{b}}{{else}}{{c}}{{/with}}')).toEqual(['(a)', '(a.b|a)', 'c']);
  expect(references('{{#if a}}{{#if a.b}}{{a.b.c}}{{/if}}{{/if}}')).toEqual(['(a)', '(a.b)', '(a.b.c|a.b)']);
  expect(references('{{#if (join a)}}{{a}}{{/if}}')).toEqual(['a']);
});

test('inside a loop, names belong to the item and ../ leads outwards', () => {
  expect(
    references('{{#each xs}}{{title}}{{this.a}}{{@index}}{{../top}}{{@root.r.s}}{{#if ../y}}{{../y}}{{/if}}{{/each}}'),
  ).toEqual(['xs', 'top', 'r.s', '(y)', '(y|y)']);
  expect(
    references('{{#each xs}}{{#each ys}}{{../a}}{{../../b}}{{/each}}{{#with this}}{{../c}}{{/with}}{{/each}}'),
  ).toEqual(['xs', 'b', 'c']);
  expect(
    references('{{#each xs}}{{#with p}}{{#with q}}{{../../../d}}{{/with}}{{/with}}{{else}}{{e}}{{/each}}'),
  ).toEqual(['xs', 'd', 'e']);
});

test('names after "as" stand for what they name', () => {
  expect(references('{{#each xs as |x i|}}{{x.a}}{{i}}{{b}}{{../c}}{{/each}}')).toEqual(['xs', 'c']);
  expect(references('{{#with a.b as |x|}}{{x.c}}{{this.x}}{{#each x.d as |y|}}{{x.e}}{{y}}{{/each}}{{/with}}')).toEqual(
    ['(a.b)', '(a.b.c|a.b)', '(a.b.x|a.b)', '(a.b.d|a.b)', '(a.b.e|a.b)'],
  );
});

test('references of partials count, seen from where the partial stands', () => {
  const set = { p: '{{a}}{{> q}}', q: '{{b}}', style: '{{tone}}' };
  expect(references('{{> p}}', set)).toEqual(['a', 'b']);
  expect(readTemplate('{{> p}}', set).partials).toEqual(['p', 'q']);
  expect(references('{{#each xs}}{{> p}}{{/each}}', set)).toEqual(['xs']);
  expect(references('{{> p customer}}', set)).toEqual(['customer', 'customer.a', 'customer.b']);
  expect(references('{{> p a=x b="text"}}', set)).toEqual(['x']);
  expect(references('{{#if tone}}{{> style}}{{/if}}', set)).toEqual(['(tone)', '(tone|tone)']);
});

test('partials that use themselves or each other are read once', () => {
  expect(references('{{> a x}}', { a: '{{n}}{{> b m}}', b: '{{o}}{{> a p}}' })).toEqual([
    'x',
    'x.n',
    'x.m',
    'x.m.o',
    'x.m.p',
  ]);
  const wide = Object.fromEntries(
    Array.from({ length: 30 }, (_, i) => [`p${i}`, `{{> p${i + 1} x}}{{> p${i + 1} y}}`]),
  );
  expect(problems('{{> p0}}', { ...wide, p30: '{{z}}' })).toContainEqual(
    expect.stringContaining('nested too deep or used too often'),
  );
});

test('mistakes are reported with their line and what to write instead', () => {
  expect(problems('one\n{{#if topic}\ntwo')).toEqual([
    'line 2: "{{#if topic}" is not valid Handlebars: check its braces, quotes and brackets.',
  ]);
  expect(problems('{{#if topic}}\ntwo')).toEqual([
    'line 2: "two" is not valid Handlebars: a block, or a {{, is never closed.',
  ]);
  expect(problems('a\n{{#each a}}\n{{/if}}')).toEqual([
    'line 2: "{{#each a}}" is not valid Handlebars: each doesn\'t match if.',
  ]);
  expect(problems('{{a.0}}')).toEqual([
    'line 1: "{{a.0}}" is not valid Handlebars: an item is taken by its number as list.[0].',
  ]);
  expect(problems('\n\n{{jsn a}}')).toEqual(['line 3: there is no helper "jsn". Did you mean "json"?']);
  expect(problems('{{#eech a}}{{/eech}}')).toEqual(['line 1: there is no block helper "eech". Did you mean "each"?']);
  expect(problems('{{#a}}{{/a}}')).toEqual(['line 1: there is no block helper "a". Write {{#if a}} or {{#each a}}.']);
  expect(problems('{{if a}}')).toEqual(['line 1: if opens a block: write {{#if …}}…{{/if}}.']);
  expect(problems('{{join}}')).toEqual([
    'line 1: {{join}} is a helper; write {{this.join}} for a variable of that name.',
  ]);
  expect(problems('{{> hose-style}}', { 'house-style': '' })).toEqual([
    'line 1: there is no partial "hose-style". Did you mean "house-style"?',
  ]);
  expect(problems('{{@indx}}')).toEqual(['line 1: there is no {{@indx}}. Did you mean "index"?']);
  expect(problems('{{../a}}')).toEqual(['line 1: {{../a}} leads out of the template.']);
  expect(problems('{{#each a as |x y z|}}{{/each}}')).toEqual(['line 1: {{#each}} takes fewer names after "as".']);
  expect(problems('{{#if a b}}{{/if}}{{#with a x=1}}{{/with}}')).toEqual([
    'line 1: {{#if}} takes one value.',
    'line 1: {{#with}} takes no x=….',
  ]);
  expect(problems('{{json a b}}{{join a b c}}{{json a x=1}}')).toEqual([
    'line 1: json takes one value.',
    'line 1: join takes a list and, if you like, what stands between.',
    'line 1: json takes no name=value pairs.',
  ]);
});

test('all mistakes of a template and its partials are reported together', () => {
  expect(problems('{{x y}}\n{{> p}}{{> none}}', { p: 'a\n{{* d}}' })).toEqual([
    'line 1: there is no helper "x". There are only: json, join.',
  ]);
  expect(problems('\n{{> p}}{{> none}}', { p: 'a\n{{* d}}' })).toEqual([
    'partial "p", line 2: decorators and inline partials are not supported; put the partial into the prompts under its own name.',
    'line 2: there is no partial "none". There is only: p.',
  ]);
});
