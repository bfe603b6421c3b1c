import { expect, test } from 'vitest';
import { checkOverrides } from '../../src/prompts/overrides.ts';
import { readTemplate } from '../../src/prompts/read.ts';
import { renderTemplate } from '../../src/prompts/render.ts';
import { type Kind, promptsOf, renderShipped, SHIPPED, shippedPrompts } from '../../src/prompts/shipped.ts';
import { templateError } from './samples.ts';

const COWORKERS = [{ name: 'Writer', role: 'Senior writer', goal: 'Write {{x}}', tools: ['search', 'read'] }];
const SAMPLES: Record<Kind, unknown> = {
  text: 'a {{text}} with $& "quotes"',
  flag: true,
  number: 20,
  texts: ['first', 'second'],
  contexts: [{ name: 'research', text: '{{found}}', mark: 'm1' }],
  coworkers: COWORKERS,
  'text?': 'optional {{text}}',
  'coworkers?': COWORKERS,
};
const NAMES = Object.entries<Record<string, Kind>>(SHIPPED);
const scope = { layers: [], inputs: {} };

test('the catalogue and the folder of shipped templates hold the same names', () => {
  expect(Object.keys(shippedPrompts()).sort()).toEqual(Object.keys(SHIPPED).sort());
});

test.each(NAMES)('%s renders with its variables, with and without the optional ones', (name, variables) => {
  const source = shippedPrompts()[name] ?? '';
  const all = Object.entries(variables).map(([key, kind]) => [key, SAMPLES[kind]] as const);
  const needed = all.filter(([key]) => variables[key]?.endsWith('?') === false);
  for (const data of [all, needed]) {
    const text = renderTemplate(source, Object.fromEntries(data), promptsOf([]));
    expect(text).toBe(text.trim());
    expect(text.length).toBeGreaterThan(10);
    expect(text).not.toMatch(/\n{3}|undefined|\[object/);
  }
});

test.each(NAMES)('%s uses each of its variables and no other', (name, variables) => {
  const { references } = readTemplate(shippedPrompts()[name] ?? '', promptsOf([]));
  expect([...new Set(references.map(({ path }) => path[0]))].sort()).toEqual(Object.keys(variables).sort());
});

test('the shipped templates pass the check that overrides must pass', () => {
  expect(checkOverrides(shippedPrompts(), 'package')).toEqual([]);
});

test('a task is rendered with its context labelled and in order, values untouched', () => {
  const context = [
    { name: 'research', text: 'Found {{x}} & <b>\n', mark: 'm1' },
    { name: 'review', text: '$&', mark: 'm1' },
  ];
  const text = renderShipped('task', { description: 'Write {{it}}', expectedOutput: 'A text', context }, scope);
  expect(text).toContain('# Task\nWrite {{it}}\n\n# Expected output\nA text\n\n# Context\n');
  expect(text).toContain(
    '<result task="research" mark="m1">\nFound {{x}} & <b>\n\n</result mark="m1">\n\n<result task="review" mark="m1">\n$&\n</result mark="m1">',
  );
  expect(text.endsWith('</result mark="m1">')).toBe(true);
});

test('a task without context or schema is just what was asked', () => {
  const text = renderShipped('task', { description: 'D', expectedOutput: 'E', context: [] }, scope);
  expect(text).toBe('# Task\nD\n\n# Expected output\nE');
});

test('an agent hears of coworkers only when it may delegate', () => {
  const who = { role: 'Editor', goal: 'Clarity', backstory: 'Long in the trade.' };
  const alone = renderShipped('agent', { ...who, delegation: false }, scope);
  expect(alone).not.toContain('oworker');
  const together = renderShipped('agent', { ...who, delegation: true, coworkers: COWORKERS }, scope);
  expect(
    together.endsWith('# Coworkers\n- Writer\n  Role: Senior writer\n  Goal: Write {{x}}\n  Tools: search, read'),
  ).toBe(true);
});

test('the manager sees role, goal and tools of each coworker, and whom alone it may turn to', () => {
  const variables = {
    description: 'D',
    expectedOutput: 'E',
    context: [],
    coworkers: [...COWORKERS, { name: 'B', role: 'B', goal: 'G', tools: [] }],
  };
  const text = renderShipped('manager-task', variables, scope);
  expect(text).toContain(
    '- Writer\n  Role: Senior writer\n  Goal: Write {{x}}\n  Tools: search, read\n- B\n  Role: B\n  Goal: G\n  Tools: none',
  );
  expect(text).not.toContain('only.');
  expect(renderShipped('manager-task', { ...variables, only: 'Writer' }, scope)).toContain(
    'may be given to Writer only.',
  );
});

test('a template comes from the task, else the agent, else the crew, else the package', () => {
  const sets = ['task', 'agent', 'crew'].map((layer) => ({ 'tool-uses': `${layer}: {{name}} {{inputs.tone}}` }));
  const render = (layers: (typeof sets)[number][] | undefined[]) =>
    renderShipped('tool-uses', { name: 'search', maxUses: 3 }, { layers, inputs: { tone: 'dry' } });
  expect(render(sets)).toBe('task: search dry');
  expect(render(sets.slice(1))).toBe('agent: search dry');
  expect(render(sets.slice(2))).toBe('crew: search dry');
  expect(render([undefined, undefined, undefined])).toContain('its limit for this task is 3');
});

test('partials come from all layers, with the same precedence', () => {
  const task = { 'house-style': 'Be terse.' };
  const crew = { agent: '{{role}}. {{> house-style}} {{> coworkers}}', 'house-style': 'Be kind.', coworkers: 'Alone.' };
  const who = { role: 'R', goal: 'G', backstory: 'B', delegation: false };
  expect(renderShipped('agent', who, { layers: [undefined, undefined, crew], inputs: {} })).toBe('R. Be kind. Alone.');
  expect(renderShipped('agent', who, { layers: [task, undefined, crew], inputs: {} })).toBe('R. Be terse. Alone.');
});

test('a partial that is replaced is replaced in the shipped templates, too', () => {
  const who = { role: 'R', goal: 'G', backstory: 'B', delegation: true, coworkers: COWORKERS };
  const layers = [{ coworkers: '{{#each coworkers}}{{name}}!{{/each}}' }];
  expect(renderShipped('agent', who, { layers, inputs: {} }).endsWith('\n\nWriter!')).toBe(true);
});

test('the same layers are the same set, so that nothing is compiled twice', () => {
  const [task, crew] = [{ a: '1' }, { b: '2' }];
  expect(promptsOf([task, undefined, crew])).toBe(promptsOf([task, crew]));
  expect(promptsOf([undefined])).toBe(shippedPrompts());
  expect(promptsOf([crew, task])).not.toBe(promptsOf([task, crew]));
});

test('an error in an override names the template', () => {
  const layers = [{ 'tool-uses': '{{inputs.tone}}' }];
  const error = templateError(() => renderShipped('tool-uses', { name: 'x', maxUses: 1 }, { layers, inputs: {} }));
  expect(error.message).toBe('template "tool-uses": {{inputs.tone}} has no value.');
});

test('the compiler knows which variables a template has', () => {
  // @ts-expect-error maxUses is missing
  expect(() => renderShipped('tool-uses', { name: 'x' }, scope)).toThrow('{{maxUses}} has no value');
  // @ts-expect-error there is no such template
  expect(() => renderShipped('tool-use', {}, scope)).toThrow('no prompts/tool-use.hbs');
  // @ts-expect-error a number, not a text
  renderShipped('final-answer', { maxTurns: '20' }, scope);
  renderShipped('output-repair', { problems: [], schema: undefined }, scope);
});
