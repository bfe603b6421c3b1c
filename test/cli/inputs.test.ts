import fc from 'fast-check';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { readValue } from '../../src/cli/input-value.ts';
import { readInputs } from '../../src/cli/inputs.ts';
import { jsonSchemaOf } from '../../src/internal/schema.ts';
import { RUNS } from '../sizes.ts';
import { folderWith } from './cli.ts';

const schema = z.object({
  topic: z.string().describe('What it is about'),
  words: z.int().min(1).describe('How long'),
  ratio: z.number().optional(),
  loud: z.boolean().optional(),
  tags: z.array(z.string()).optional(),
  more: z.object({ deep: z.boolean() }).optional(),
  level: z.union([z.number(), z.boolean()]).optional(),
  either: z.union([z.number(), z.string()]).optional(),
  mood: z.enum(['calm', 'keen']).optional(),
  count: z.number().nullable().optional(),
});
const crew = { name: 'news', inputsSchema: jsonSchemaOf(schema) };
const read = (...pairs: string[]) =>
  readInputs(crew, { pairs: ['topic=tea', 'words=5', ...pairs], file: undefined, cwd: '.' });

test.each([
  ['words=7', 'words', 7],
  ['ratio=-0.5', 'ratio', -0.5],
  ['loud=true', 'loud', true],
  ['tags=["a","b"]', 'tags', ['a', 'b']],
  ['more={"deep":false}', 'more', { deep: false }],
  ['level=3', 'level', 3],
  ['level=false', 'level', false],
  ['either=3', 'either', '3'],
  ['mood=calm', 'mood', 'calm'],
  ['count=null', 'count', null],
  ['topic=', 'topic', ''],
  ['topic=a=b', 'topic', 'a=b'],
  ['topic=12', 'topic', '12'],
])('%s is read as its schema says', (pair, name, value) => {
  expect(read(pair)[name]).toEqual(value);
});

test.each([
  ['words=many', 'Input words must be a whole number, not "many".'],
  ['words=1.5', 'Input words must be a whole number, not "1.5".'],
  ['ratio=NaN', 'Input ratio must be a number, not "NaN".'],
  ['ratio=', 'Input ratio must be a number, not "".'],
  ['loud=yes', 'Input loud must be true or false, not "yes".'],
  ['tags=a,b', 'Input tags must be a list in JSON, not "a,b".'],
  ['tags={}', 'Input tags must be a list in JSON, not "{}".'],
  ['level=high', 'Input level must be a number or true or false, not "high".'],
  ['topi=x', 'Crew "news" has no input "topi". Did you mean "topic"?'],
  ['topic', '--input takes name=value, not "topic".'],
  ['=x', '--input takes name=value, not "=x".'],
])('%s is refused: %s', (pair, problem) => {
  expect(() => read(pair)).toThrow(problem);
});

test('everything that is wrong is said at once, and what is missing with what it is for', () => {
  const call = () => readInputs(crew, { pairs: ['lod=1', 'ratio=x'], file: undefined, cwd: '.' });
  expect(call).toThrow(
    [
      'Input ratio must be a number, not "x".',
      'Crew "news" has no input "lod". Did you mean "loud"?',
      'Crew "news" needs more inputs:',
      '  topic  text: What it is about',
      '  words  a whole number: How long',
      'Add: --input topic=… --input words=…',
    ].join('\n'),
  );
});

test('a crew without a schema takes any input, as text', () => {
  const any = { name: 'any', inputsSchema: undefined };
  expect(readInputs(any, { pairs: ['a=1', 'b=true'], file: undefined, cwd: '.' })).toEqual({ a: '1', b: 'true' });
});

test('names that reach an object’s prototype are names like others', () => {
  const any = { name: 'any', inputsSchema: undefined };
  const inputs = readInputs(any, { pairs: ['__proto__=x', 'constructor=y'], file: undefined, cwd: '.' });
  expect(Object.getOwnPropertyNames(inputs)).toEqual(['__proto__', 'constructor']);
  expect(Object.getPrototypeOf(inputs)).toBe(Object.prototype);
});

test('a file of inputs is JSON with an object in it', () => {
  const cwd = folderWith({
    'good.json': '\ufeff{"topic":"tea","words":3}',
    'bad.json': '{"topic":',
    'list.json': '[]',
  });
  const from = (file: string) => readInputs(crew, { pairs: ['words=9'], file, cwd });
  expect(from('good.json')).toEqual({ topic: 'tea', words: 9 });
  expect(() => from('bad.json')).toThrow('--inputs bad.json is not JSON');
  expect(() => from('list.json')).toThrow('--inputs list.json must hold an object');
  expect(() => from('none.json')).toThrow('--inputs none.json cannot be read');
});

test('whatever JSON a schema allows comes out as it was written', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.integer(),
        fc.boolean(),
        fc.array(fc.string()),
        fc.dictionary(fc.stringMatching(/^[a-z]{1,3}$/), fc.string()),
      ),
      (value) => {
        const kind = Array.isArray(value) ? 'array' : typeof value;
        expect(readValue(JSON.stringify(value), { type: kind })).toEqual({ ok: true, value: structuredClone(value) });
      },
    ),
    { numRuns: RUNS },
  );
});
