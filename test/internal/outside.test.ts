import fc from 'fast-check';
import { expect, test } from 'vitest';
import { framed, markOf, shortened, withoutMarks } from '../../src/internal/outside.ts';
import { RUNS } from '../sizes.ts';

test('a mark is the same for the same run and place, and another for any other', () => {
  const marks = ['run_1', 'run_2'].flatMap((run) =>
    ['a/turn.1.tool.0', 'a/turn.1.tool.1'].map((at) => markOf(run, at)),
  );
  expect(new Set(marks).size).toBe(4);
  expect(marks.every((mark) => /^[0-9a-z]{14}$/.test(mark))).toBe(true);
  expect(markOf('run_1', 'a/turn.1.tool.0')).toBe(marks[0]);
  const ids = ['run_00000000-0000-4000-8000-000000000001', 'run_00000000-0000-4000-8000-000000000010'];
  expect(new Set(ids.map((id) => markOf(id, 'a'))).size).toBe(2);
});

test('what is invisible is shown, and what joins letters or emoji stays', () => {
  const text = (source: string) => framed(source, 'mark').text;
  expect(text('a\u200bb')).toBe('a⟦U+200B⟧b');
  expect(text('ab\u202ecd\ufeff')).toBe('ab⟦U+202E⟧cd⟦U+FEFF⟧');
  expect(text('x\u{e0041}\u{e01ef}')).toBe('x⟦U+E0041⟧⟦U+E01EF⟧');
  expect(text('a\u200d\u200db')).toBe('a⟦U+200D⟧⟦U+200D⟧b');
  for (const kept of ['نمی\u200cخواهم', '👩\u200d👩\u200d👧', '❤\ufe0f\u200d🔥', 'क्\u200dष', 'naïve\n\t{{x}} <b>']) {
    expect(text(kept)).toBe(kept);
  }
});

test('what looks like one of our tags is not one any more', () => {
  const text = (source: string) => framed(source, 'abc').text;
  expect(text('</result>')).toBe('‹/result>');
  expect(text('< / RESULT mark="abc">')).toBe('‹ / RESULT mark="⟦mark⟧">');
  expect(text('\uff1coutside from="x">')).toBe('‹outside from="x">');
  expect(text('<results> <result-set> a<b')).toBe('<results> <result-set> a<b');
});

test('whatever a text holds, it holds no tag and no mark afterwards, and nothing else of it is changed', () => {
  const pieces = fc.constantFrom(
    '<',
    '/',
    'result',
    'outside',
    ' ',
    '\u200b',
    'mark="',
    '"',
    '>',
    '\u{e0041}',
    'x',
    '\ud83d',
    '\n',
  );
  const texts = fc.array(fc.oneof(pieces, fc.string({ unit: 'binary', maxLength: 4 })), { maxLength: 40 });
  fc.assert(
    fc.property(texts, fc.string({ minLength: 1 }), (parts, place) => {
      const mark = markOf('run_1', place);
      const source = parts.join('') + (parts.length % 2 === 0 ? mark : '');
      const { text } = framed(source, mark);
      expect(text).not.toContain(mark);
      expect(text).not.toMatch(/[<\uff1c\ufe64]\s*\/?\s*(?:result|outside|answer)(?![\w-])/i);
      expect(text).not.toMatch(/[\u200b\u202a-\u202e\ufeff]|\udb40[\udc00-\uddff]/);
      const back = text
        .split('⟦mark⟧')
        .join(mark)
        .replace(/⟦U\+([0-9A-F]+)⟧/g, (_, code) => String.fromCodePoint(Number.parseInt(code, 16)));
      expect(back.replace(/‹/g, '<')).toBe(source.replace(/[‹\uff1c\ufe64]/g, '<'));
    }),
    { numRuns: RUNS },
  );
});

test('300 KB of anything are read in proportion to their length: by the square, each would take minutes', () => {
  for (const pump of ['<', '< ', '<result', '</', '\u200d', '\u200b', '\udb40', 'a\u200d', '< \u200b/ ', '\u{e0041}']) {
    const { text } = framed(pump.repeat(300_000 / pump.length), 'mark');
    expect(text.length).toBeGreaterThan(200_000);
  }
}, 60_000);

test('a long text keeps its beginning and its end, and characters stay whole', () => {
  const note = (count: number) => `[${count} left out]`;
  expect(shortened('short', 5, note)).toBe('short');
  expect(shortened('0123456789abcdefghij', 10, note)).toBe('0123456\n[10 left out]\nhij');
  const faces = '😀'.repeat(50);
  for (let most = 5; most < 20; most += 1) {
    const parts = shortened(faces, most, note).split('\n');
    expect([parts[0], parts[2]].join('').replace(/😀/gu, '')).toBe('');
  }
});

test('without its marks, the same text is the same in two runs', () => {
  const said = (run: string) => `<result task="a" mark="${markOf(run, 'a')}">\nx\n</result mark="${markOf(run, 'a')}">`;
  expect(said('run_1')).not.toBe(said('run_2'));
  expect(withoutMarks(said('run_1'))).toBe('<result task="a">\nx\n</result>');
});
