import { afterEach, expect, test } from 'vitest';
import { renderTemplate } from '../../src/prompts/render.ts';
import { templateError } from './samples.ts';

const SET = { admin: 'ADMIN PROMPT', p: '{{text}}', self: '{{> self}}', layout: 'L{{> @partial-block}}' };
const DATA = { text: 'safe', list: ['a', 'b'], which: 'admin', code: 'process.exit()' };

const REFUSED: readonly string[] = [
  '{{constructor}}',
  '{{this.constructor}}',
  '{{constructor.constructor}}',
  '{{constructor.name}}',
  '{{__proto__}}',
  '{{__proto__.constructor}}',
  '{{toString}}',
  '{{valueOf}}',
  '{{hasOwnProperty}}',
  '{{__defineGetter__}}',
  '{{__lookupGetter__}}',
  '{{text.constructor}}',
  '{{text.sub}}',
  '{{list.constructor}}',
  '{{list.map}}',
  '{{list.__proto__}}',
  '{{text.length.constructor}}',
  '{{@root.constructor}}',
  '{{@root.__proto__.constructor}}',
  '{{../../constructor}}',
  '{{@partial-block}}',
  '{{@level}}',
  '{{@_parent.root}}',
  '{{json constructor}}',
  '{{join list.constructor}}',
  '{{#each constructor}}x{{/each}}',
  '{{lookup this "constructor"}}',
  '{{#with (lookup this "text")}}{{this}}{{/with}}',
  '{{#if (lookup this which)}}x{{/if}}',
  '{{log "to the terminal"}}',
  '{{#log text}}x{{/log}}',
  '{{helperMissing "x"}}',
  '{{blockHelperMissing text}}',
  '{{#blockHelperMissing text}}x{{/blockHelperMissing}}',
  '{{#text}}x{{/text}}',
  '{{^missing}}x{{/missing}}',
  '{{> (lookup . "which")}}',
  '{{> (which)}}',
  '{{> which}}',
  '{{> toString}}',
  '{{> constructor}}',
  '{{> __proto__}}',
  '{{> @partial-block}}',
  '{{> self}}',
  '{{> p __proto__=list}}',
  '{{#> layout}}x{{/layout}}',
  '{{#> missing}}x{{/missing}}',
  '{{#*inline "admin"}}x{{/inline}}{{> admin}}',
  '{{* decorate}}',
  '{{{{raw}}}}{{text}}{{{{/raw}}}}',
  '{{[print value] text}}',
  '{{#if ([need value] text)}}x{{/if}}',
  '{{#each list as |if|}}x{{/each}}',
  '{{#each list as |[print value]|}}{{../text}}{{/each}}',
  '{{#with "s" as |string|}}{{#with "e"}}{{#with split as |conslist|}}{{this.pop}}{{/with}}{{#each conslist}}{{#with (string.sub.apply 0 code)}}{{this}}{{/with}}{{/each}}{{/with}}{{/with}}',
  '{{#each (constructor "return process")}}x{{/each}}',
  '{{#if text includeZero=(lookup this "a")}}x{{/if}}',
  '{{"text"}}',
  '{{if text}}',
];

test.each(REFUSED)('%s is refused', (source) => {
  templateError(() => renderTemplate(source, DATA, SET));
});

test.each(['{{#if constructor}}x{{/if}}', '{{#with __proto__}}x{{/with}}', '{{#if text.sub}}x{{/if}}'])(
  '%s is not true',
  (source) => {
    expect(renderTemplate(source, DATA, SET)).toBe('');
  },
);

test('inputs may be named like helpers that do not exist here', () => {
  expect(renderTemplate('{{log}} {{lookup}} {{this.json}}', { log: 'a', lookup: 'b', json: 'c' }, {})).toBe('a b c');
});

test('a ready syntax tree is not taken for a template', () => {
  const tree: unknown = {
    type: 'Program',
    body: [{ type: 'ContentStatement', value: 'run' }],
    length: 1,
    includes: () => true,
  };
  expect(String(Reflect.apply(renderTemplate, undefined, [new String('{{text}}'), DATA, SET]))).toBe('safe');
  expect(() => Reflect.apply(renderTemplate, undefined, [tree, DATA, SET])).not.toThrow('run');
});

test('a template that is too long or nested too deep is refused with the reason', () => {
  const long = templateError(() => renderTemplate(`{{text}}${'x'.repeat(256 * 1024)}`, DATA, {}));
  expect(long.message).toContain('longer than 262144 characters');
  const blocks = (depth: number) => `${'{{#if text}}'.repeat(depth)}${'{{/if}}'.repeat(depth)}`;
  const calls = (depth: number) => `{{json ${'(json '.repeat(depth)}text${')'.repeat(depth)}}}`;
  expect(renderTemplate(blocks(90), DATA, {})).toBe('');
  expect(renderTemplate(calls(2), { text: 'a' }, {})).toBe(JSON.stringify(JSON.stringify('"a"')));
  for (const [nested, most] of [
    [blocks, 100],
    [calls, 5],
  ] as const) {
    expect(templateError(() => renderTemplate(nested(200), DATA, {})).message).toContain(`nested deeper than ${most}`);
    expect(templateError(() => renderTemplate(nested(5_000), DATA, {})).message).toContain(
      'nested deeper than 500 levels',
    );
  }
});

const POLLUTED = ['topic', 'data', 'partial', 'helpers', 'partials', 'given', 'fields'];
afterEach(() => {
  for (const name of POLLUTED) Reflect.deleteProperty(Object.prototype, name);
});

test('a polluted Object.prototype leaks nothing into a prompt', () => {
  for (const name of POLLUTED) {
    Object.defineProperty(Object.prototype, name, {
      value: 'LEAK',
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }
  expect(templateError(() => renderTemplate('About {{topic}}', {}, {})).message).toContain('{{topic}} has no value');
  expect(templateError(() => renderTemplate('{{a.topic}}', { a: {} }, {})).message).toContain('{{a.topic}}');
  expect(templateError(() => renderTemplate('{{> topic}}', {}, {})).message).toContain('no partial "topic"');
  const source = '{{#if topic}}{{topic}}{{/if}}{{#each a}}{{@key}}{{/each}}{{json a}}{{a}}{{> p}}';
  expect(renderTemplate(source, { a: { x: 1 }, text: 't' }, SET)).toBe('x{\n  "x": 1\n}{"x":1}t');
});
