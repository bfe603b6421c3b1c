import { expect, test } from 'vitest';
import { readOptions } from '../../src/cli/options.ts';

const rules = {
  command: 'run',
  args: {
    crew: { type: 'positional', required: true },
    task: { type: 'positional', required: false },
    input: { type: 'string' },
    model: { type: 'string' },
    json: { type: 'boolean' },
  },
  repeatable: ['input'],
} as const;

const problemsOf = (...words: string[]): string => {
  try {
    readOptions(words, rules);
  } catch (error) {
    return String(error)
      .replace(/^CrewError: /, '')
      .replace('\nSee: crewline run --help', '');
  }
  return '';
};

test('options and positionals may stand in any order', () => {
  const { args, valuesOf } = readOptions(['--json', 'news', '--input', 'a=1', 'write', '--input=b=2 and more'], rules);
  expect(args).toMatchObject({ crew: 'news', task: 'write', json: true });
  expect(args.model).toBeUndefined();
  expect(valuesOf('input')).toEqual(['a=1', 'b=2 and more']);
  expect(valuesOf('model')).toEqual([]);
});

test.each([
  [['x', '--jsn'], 'There is no option --jsn. Did you mean "--json"?'],
  [['x', '-j'], 'There is no option -j. There are only: --input, --model, --json, --help.'],
  [['x', '--no-json'], 'There is no option --no-json. Did you mean "--json"?'],
  [['x', '--json=3'], '--json takes no value.'],
  [['x', '--model'], '--model needs a value.'],
  [['x', '--model='], '--model needs a value.'],
  [['x', '--model', '--json'], '--model needs a value; one that begins with a dash is written --model=--json'],
  [['x', '--model', 'a', '--model', 'b'], '--model is given more than once.'],
  [[], 'The crew is missing.'],
  [['x', 'y', 'z'], 'There is nothing that "z" could be for.'],
  [
    ['x', '--a', '--json=1'],
    'There is no option --a. There are only: --input, --model, --json, --help.\n--json takes no value.',
  ],
  [['x', '--input=-1', '--json', '--', 'y'], ''],
])('%j: %s', (words, problem) => {
  expect(problemsOf(...words)).toBe(problem);
});
