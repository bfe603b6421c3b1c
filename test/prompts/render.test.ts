import fc from 'fast-check';
import Handlebars from 'handlebars';
import { expect, test } from 'vitest';
import { renderTemplate, type TemplateData } from '../../src/prompts/render.ts';
import { RUNS } from '../sizes.ts';
import { nastyText, templateError } from './samples.ts';

const render = (source: string, data: TemplateData = {}, set = {}) => renderTemplate(source, data, set);

test('a text without braces is left alone', () => {
  expect(render('Costs $& 5\n  ')).toBe('Costs $& 5\n  ');
});

test('texts, numbers and flags print as they are, lists and objects as JSON', () => {
  const data = { text: '<a> & "b"', zero: 0, flag: false, list: ['a', 1], object: { a: { b: null } }, empty: '' };
  expect(render('{{text}}|{{zero}}|{{flag}}|{{list}}|{{object}}|{{empty}}|', data)).toBe(
    '<a> & "b"|0|false|["a",1]|{"a":{"b":null}}||',
  );
  expect(render('{{{text}}} {{&text}} {{list.length}} {{list.[1]}}', data)).toBe('<a> & "b" <a> & "b" 2 1');
});

test('json prints with indentation and join puts a list in one line', () => {
  expect(render('{{json a}}', { a: { b: [1] } })).toBe('{\n  "b": [\n    1\n  ]\n}');
  expect(render('{{join a}} / {{join a " + "}} / {{join a sep}}', { a: ['x', 2, { y: 1 }], sep: '' })).toBe(
    'x, 2, {"y":1} / x + 2 + {"y":1} / x2{"y":1}',
  );
});

test('names with hyphens work at every place of a path', () => {
  const data = { tasks: { 'my-task': { output: { 'top-items': [{ 'first-name': 'Ada' }] } } } };
  expect(render('{{tasks.my-task.output.top-items}}', data)).toBe('[{"first-name":"Ada"}]');
  expect(render('{{#each tasks.my-task.output.top-items}}{{first-name}}{{/each}}', data)).toBe('Ada');
});

test('a backslash before the braces prints them', () => {
  expect(render('\\{{x}} {{x}}', { x: 1 })).toBe('{{x}} 1');
});

test('blocks, else branches, loop variables, names after "as" and outer values work', () => {
  const data = { people: [{ name: 'Ada' }, { name: 'Bob' }], title: 'T', map: { a: 1 }, none: [] };
  expect(render('{{#each people}}{{@index}}{{name}}{{../title}}{{#unless @last}}, {{/unless}}{{/each}}', data)).toBe(
    '0AdaT, 1BobT',
  );
  expect(render('{{#each people as |person i|}}{{i}}{{person.name}}{{@root.title}}{{/each}}', data)).toBe('0AdaT1BobT');
  expect(render('{{#each map}}{{@key}}={{this}}{{/each}}{{#each none}}x{{else}}nobody{{/each}}', data)).toBe(
    'a=1nobody',
  );
  expect(render('{{#if none}}a{{else if title}}b{{else}}c{{/if}}{{#with people.[0]}}{{name}}{{/with}}', data)).toBe(
    'bAda',
  );
  expect(render('{{#if missing.deep}}a{{else}}b{{/if}}{{#with missing}}c{{else}}d{{/with}}', data)).toBe('bd');
});

test('a path without a value is an error that names the template and the path', () => {
  const error = templateError(() =>
    render('Write about {{tasks.research.output.title}}.', { tasks: { research: {} } }),
  );
  expect(error.message).toBe(
    'template "Write about {{tasks.research.output.title}}.": {{tasks.research.output.title}} has no value.',
  );
  expect(templateError(() => render('{{x}}', { x: null })).message).toContain('{{x}} has no value');
  expect(templateError(() => render('{{x}}', { x: undefined })).message).toContain('{{x}} has no value');
  expect(templateError(() => render('{{#each xs}}{{/each}}')).message).toContain('{{xs}} has no value');
  expect(templateError(() => render('{{json x.y}}', { x: {} })).message).toContain('{{x.y}} has no value');
  expect(templateError(() => render('{{#each xs}}{{name}}{{/each}}', { xs: [{}] })).message).toContain('{{name}}');
});

test('a value of the wrong kind is an error that says what is needed', () => {
  expect(templateError(() => render('{{#each x}}{{/each}}', { x: 'abc' })).message).toContain(
    '{{#each x}} needs a list or an object, not a string.',
  );
  expect(templateError(() => render('{{join x}}', { x: 'abc' })).message).toContain('{{join x}} needs a list.');
  expect(templateError(() => render('{{x}}', { x: () => 1 })).message).toContain('only JSON can be printed');
  const circle: Record<string, unknown> = {};
  circle['self'] = circle;
  expect(templateError(() => render('{{x}}', { x: circle })).message).toContain('cannot be printed as JSON');
});

test('partials see what their caller sees, or what they are handed', () => {
  const set = { 'house-style': 'Be {{tone}}.', 'legal/note': '({{who}}: {{tone}})', row: '<{{name}}>' };
  expect(render('{{> house-style}} {{> legal/note who="us"}}', { tone: 'brief' }, set)).toBe('Be brief. (us: brief)');
  expect(
    render('{{#each xs}}{{> row}}{{/each}}{{> row first}}', { xs: [{ name: 'a' }], first: { name: 'b' } }, set),
  ).toBe('<a><b>');
});

test('an indented partial does not indent what values contain', () => {
  expect(render('a:\n  {{> p}}\nend', { x: '1\n2' }, { p: 'x={{x}}\n' })).toBe('a:\n  x=1\n2\nend');
});

test('an error inside a partial names the partial', () => {
  const error = templateError(() => render('Hello {{> a}}', {}, { a: '{{> b}}', b: '{{x}}' }));
  expect(error.message).toBe('template "Hello {{> a}}", partial "b": {{x}} has no value.');
});

test('a partial may use itself down to a depth of 32, and not without end', () => {
  const set = { tree: '{{name}}{{#each below}}({{> tree}}){{/each}}', self: '{{> self}}' };
  expect(render('{{> tree}}', { name: 'a', below: [{ name: 'b', below: [] }] }, set)).toBe('a(b)');
  const chain = (depth: number): object => ({ name: 'x', below: depth === 0 ? [] : [chain(depth - 1)] });
  expect(render('{{> tree root}}', { root: chain(31) }, set)).toContain('x');
  expect(templateError(() => render('{{> tree root}}', { root: chain(32) }, set)).message).toContain(
    'nested deeper than 32',
  );
  expect(templateError(() => render('{{> self}}', {}, set)).message).toContain('does it use itself without end?');
  expect(render('{{> tree}}', { name: 'a', below: [] }, set)).toBe('a');
});

test('what values contain is never rendered and comes out byte for byte', () => {
  const source =
    '[{{x}}]{{#each xs}}<{{this}}>{{/each}}{{#with o}}{{#if y}}{{y}}{{/if}}{{/with}}\n  {{> part}}\n{{join xs "|"}}';
  const set = { part: '({{x}}){{#each xs}}{{this}};{{/each}}' };
  fc.assert(
    fc.property(nastyText, fc.array(nastyText, { maxLength: 3 }), nastyText, (x, xs, y) => {
      const expected = `[${x}]${xs.map((item) => `<${item}>`).join('')}${y}\n  (${x})${xs.map((item) => `${item};`).join('')}${xs.join('|')}`;
      expect(render(source, { x, xs, o: { y } }, set)).toBe(expected);
    }),
    { numRuns: RUNS },
  );
});

test('what a template prints is what Handlebars itself prints', () => {
  const path = fc.constantFrom('a', 'o.b', 'o.l.length', 'this.a', 'o.l.[0]', 'n', '@root.a');
  const item = fc.constantFrom('{{this}}', '{{@index}}', '{{../a}}', '{{@root.o.b}}', '{{#if @first}}1{{/if}}', '\n');
  const { template } = fc.letrec<{ template: string; part: string }>((tie) => ({
    part: fc.oneof(
      { depthSize: 'small' },
      fc.constantFrom('text', ' ', '\n', '<&>', '{{! note }}', '{{~ a ~}}', '  {{> p}}\n', '{{{o.b}}}'),
      path.map((name) => `{{${name}}}`),
      fc.tuple(path, tie('template'), tie('template')).map(([name, a, b]) => `{{#if ${name}}}${a}{{else}}${b}{{/if}}`),
      fc.tuple(path, tie('template')).map(([name, body]) => `\n{{#unless ${name}}}\n${body}\n{{/unless}}\n`),
      fc.array(item).map((items) => `{{#each o.l}}${items.join('')}{{/each}}`),
    ),
    template: fc.array(tie('part'), { maxLength: 4 }).map((parts) => parts.join('')),
  }));
  // With escaping left on, because without it Handlebars adds numbers that stand side by side.
  const own = Handlebars.create();
  own.registerPartial('p', 'P{{a}}\n');
  const data = { a: 'A', n: 0, o: { b: 'B', l: ['x', 'y'] } };
  fc.assert(
    fc.property(template, (source) => {
      const theirs = own.compile(source, { preventIndent: true })(data);
      expect(render(source, data, { p: 'P{{a}}\n' })).toBe(theirs);
    }),
    { numRuns: Math.min(RUNS, 500) },
  );
});
