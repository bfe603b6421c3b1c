import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cut, cutStart, pad, textWidth } from '../../src/telemetry/width.ts';
import { RUNS } from '../sizes.ts';

test.each([
  ['plain', 5],
  ['ジャーナル', 10],
  ['한국어', 6],
  ['（全）', 6],
  ['🙂', 2],
  ['e\u0301', 1],
  ['👩‍🚀', 4],
  ['→ ✓ …', 5],
  ['', 0],
])('%s takes its columns', (text, width) => {
  expect(textWidth(text)).toBe(width);
});

const texts = fc
  .array(fc.constantFrom('a', ' ', '日', '🙂', '\u0301', 'é', '한', '→'), { maxLength: 40 })
  .map((chars) => chars.join(''));
const widths = fc.nat({ max: 30 });

test('what is cut never takes more columns than there are', () => {
  fc.assert(
    fc.property(texts, widths, (text, width) => {
      expect(textWidth(cut(text, width))).toBeLessThanOrEqual(width);
      expect(textWidth(cutStart(text, width))).toBeLessThanOrEqual(width);
    }),
    { numRuns: RUNS },
  );
});

test('a padded text takes exactly its columns', () => {
  fc.assert(
    fc.property(texts, widths, fc.constantFrom('left' as const, 'right' as const), (text, width, align) => {
      expect(textWidth(pad(text, width, align))).toBe(width);
    }),
    { numRuns: RUNS },
  );
});

test('a text that fits is left alone, and a cut one shows that it was', () => {
  expect(cut('research', 8)).toBe('research');
  expect(cut('research', 7)).toBe('resear…');
  expect(cutStart('research', 7)).toBe('…search');
  expect(cut('日本語', 4)).toBe('日…');
  expect(cut('x', 0)).toBe('');
});
