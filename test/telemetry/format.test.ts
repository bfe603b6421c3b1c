import { expect, test } from 'vitest';
import { formatDuration, formatTokens, formatUsd, sayToolCall, shortArguments } from '../../src/telemetry/format.ts';

test.each([
  [0, '0ms'],
  [-5, '0ms'],
  [99.9, '99ms'],
  [100, '0.1s'],
  [12_345, '12.3s'],
  [59_999, '59.9s'],
  [60_000, '1m 00s'],
  [125_000, '2m 05s'],
  [3_599_999, '59m 59s'],
  [3_720_000, '1h 02m'],
])('%d ms is said as %s', (ms, said) => {
  expect(formatDuration(ms)).toBe(said);
});

test.each([
  [0, '0'],
  [999, '999'],
  [1000, '1.0k'],
  [12_345, '12.3k'],
  [999_949, '999.9k'],
  [999_950, '1.0M'],
  [12_345_678, '12.3M'],
])('%d tokens are said as %s', (count, said) => {
  expect(formatTokens(count)).toBe(said);
});

test.each([
  ['{"path":"README.md","limit":20}', 'README.md'],
  ['{"limit":20}', '20'],
  ['{"limit":20,"query":"TODO"}', 'TODO'],
  ['{"paths":["a","b"]}', '{"paths":["a","b"]}'],
  ['{}', ''],
  ['', ''],
  ['not json', 'not json'],
  ['{"path":"a\\u001b[31mb\\nc"}', 'ab c'],
])('of the arguments %s the telling part is %s', (source, said) => {
  expect(shortArguments(source)).toBe(said);
});

test('arguments are shown on one line of at most 60 columns, however long they are', () => {
  expect(shortArguments(JSON.stringify({ text: 'x'.repeat(1_000_000) }))).toHaveLength(60);
});

test.each([
  ['read_file', '{"path":"README.md"}', 'reading README.md'],
  ['readFile', '{"path":"README.md"}', 'reading README.md'],
  ['list_files', '{}', 'listing files'],
  ['weather', '{"city":"Oslo"}', 'weather Oslo'],
  ['readme', '{}', 'readme'],
])('a call of %s with %s is said as %s', (tool, source, said) => {
  expect(sayToolCall(tool, source)).toBe(said);
});

test.each([
  [0, '$0.00'],
  [0.00001, '<$0.0001'],
  [0.0001, '$0.0001'],
  [0.0042, '$0.0042'],
  [0.0999, '$0.0999'],
  [0.1, '$0.10'],
  [12.345, '$12.35'],
  [1234.5, '$1234.50'],
])('%d dollars are told as %s', (dollars, told) => {
  expect(formatUsd(dollars)).toBe(told);
});
