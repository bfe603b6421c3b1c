import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readInputs } from '../../src/cli/inputs.ts';
import { readOptions } from '../../src/cli/options.ts';
import { plan } from '../../src/cli/plan.ts';
import { run } from '../../src/cli/run.ts';
import { CrewError } from '../../src/errors.ts';
import { fuzz, textOf, typed } from './fuzz.ts';

const isUsage = (error: unknown) => error instanceof CrewError && error.code === 'USAGE' && error.message !== '';

const WORDS = [
  '--input',
  '--inputs',
  '--model',
  '--json',
  '--deltas',
  '--mermaid',
  '--no-json',
  '--help',
  '-',
  '--',
  '---',
  '-j',
  '=',
  '--input=',
  'a=1',
  'topic=tea',
  'crew',
  '',
  ' ',
  '--__proto__',
  '--__proto__=1',
  '--constructor',
  '--input=__proto__=1',
  '--toString',
  '--record',
  '--yes',
];
const words = fc.array(fc.oneof(fc.constantFrom(...WORDS), textOf(WORDS, 3)), { maxLength: 8 });

test('any words are options of a command, or it is said what is wrong with them', () => {
  fuzz(fc.tuple(words, fc.constantFrom(run, plan)), ([given, command]) => {
    const args = { crew: { type: 'positional' as const }, ...command.args };
    const options = typed(() => readOptions(given, { command: 'run', args, repeatable: ['crew'] }), isUsage);
    if (options !== undefined) expect(options.valuesOf('crew').every((value) => typeof value === 'string')).toBe(true);
  });
});

const SCHEMA = {
  type: 'object',
  properties: {
    topic: { type: 'string' },
    count: { type: 'integer' },
    price: { type: 'number' },
    deep: { type: 'object' },
    list: { type: 'array', items: { type: 'string' } },
    flag: { type: 'boolean' },
    either: { anyOf: [{ type: 'number' }, { type: 'null' }] },
  },
};
const VALUES = [
  'topic',
  'count',
  'price',
  'deep',
  'list',
  'flag',
  'either',
  '=',
  '__proto__',
  'constructor',
  '1',
  '-0',
  '1e999',
  'NaN',
  'true',
  'null',
  '{',
  '}',
  '{"__proto__":{"polluted":1}}',
  '[',
  ']',
  '"',
  ',',
];

test('any pairs are inputs of a crew, or it is said what is wrong with them', () => {
  const pairs = fc.array(
    fc.oneof(
      textOf(VALUES, 5),
      fc.tuple(fc.constantFrom(...VALUES), textOf(VALUES, 4)).map(([name, value]) => `${name}=${value}`),
    ),
    { maxLength: 4 },
  );
  fuzz(fc.tuple(pairs, fc.constantFrom(SCHEMA, undefined)), ([given, inputsSchema]) => {
    const sources = { pairs: given, file: undefined, cwd: '/' };
    const inputs = typed(() => readInputs({ name: 'fuzz', inputsSchema }, sources), isUsage);
    if (inputs === undefined) return;
    expect(Object.getPrototypeOf(inputs)).toBe(Object.prototype);
    expect(() => JSON.stringify(inputs)).not.toThrow();
  });
});
