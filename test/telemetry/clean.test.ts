import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cleanText } from '../../src/telemetry/clean.ts';
import { RUNS } from '../sizes.ts';

const ESC = '\u001b';

/** What a hostile file, web page or model might print, and what a reader should see of it. */
const CORPUS: readonly (readonly [name: string, text: string, seen: string])[] = [
  ['a colour', `${ESC}[31mred${ESC}[0m`, 'red'],
  ['a colour with sub-parameters', `${ESC}[38:2::1:2:3mred`, 'red'],
  ['clearing the screen', `a${ESC}[2J${ESC}[Hb`, 'ab'],
  ['a cursor move over an earlier line', `${ESC}[1A${ESC}[2Kfake`, 'fake'],
  ['a full reset', `${ESC}ca`, 'a'],
  ['a window title ended by BEL', `${ESC}]0;owned\u0007a`, 'a'],
  ['a window title ended by ST', `${ESC}]0;owned${ESC}\\a`, 'a'],
  ['a hyperlink', `${ESC}]8;;http://evil.example${ESC}\\click${ESC}]8;;${ESC}\\`, 'click'],
  ['a clipboard write', `${ESC}]52;c;cm0gLXJmIC8=\u0007a`, 'a'],
  ['a notification', `${ESC}]9;hello\u0007a`, 'a'],
  ['an image', `${ESC}]1337;File=inline=1:AAAA\u0007a`, 'a'],
  ['a device control string', `${ESC}P+q544e${ESC}\\a`, 'a'],
  ['sixel graphics', `${ESC}Pq#0;2;0;0;0~~${ESC}\\a`, 'a'],
  ['an application command', `${ESC}_Gi=1;AAAA${ESC}\\a`, 'a'],
  ['a privacy message', `${ESC}^secret${ESC}\\a`, 'a'],
  ['a start of string', `${ESC}Xhidden${ESC}\\a`, 'a'],
  ['a question that the terminal would answer as if typed', `${ESC}[6n${ESC}[ca`, 'a'],
  ['a mode switch', `${ESC}[?1049ha`, 'a'],
  ['a character set', `${ESC}(0lqk${ESC}(B`, 'lqk'],
  ['a keypad mode', `${ESC}=a${ESC}>b`, 'ab'],
  ['an 8-bit colour', '\u009b31mred', 'red'],
  ['an 8-bit title', '\u009d0;owned\u009ca', 'a'],
  ['an 8-bit title ended by BEL', '\u009d0;owned\u0007a', 'a'],
  ['other 8-bit controls', 'a\u0084b\u0090x\u009cc', 'abc'],
  ['a sequence inside a sequence', `${ESC}[3${ESC}[31m1mx`, '1mx'],
  ['a title broken off by a new sequence', `${ESC}]0;a${ESC}[31mb`, 'b'],
  ['a title broken off by CAN', `${ESC}]0;a\u0018b`, 'b'],
  ['a title that never ends', `${ESC}]0;still here`, '0;still here'],
  ['an escape at the very end', `a${ESC}`, 'a'],
  ['a control sequence cut in half', `a${ESC}[31`, 'a'],
  ['backspaces that overwrite', 'safe\b\b\b\bevil', 'safeevil'],
  ['a carriage return that overwrites', 'safe\revil', 'safe evil'],
  ['bells, NUL and DEL', 'a\u0000\u0007\u007fb', 'ab'],
  ['a vertical tab and a form feed', 'a\u000b\u000cb', 'ab'],
  ['line ends', 'a\r\nb\nc\u0085d\u2028e', 'a b c d e'],
  ['direction overrides', 'a\u202egpj.exe\u202c', 'agpj.exe'],
  ['direction isolates', '\u2066a\u2069', 'a'],
  ['zero-width spaces and marks', 'a\u200bb\u2060c\ufeffd\u200e', 'abcd'],
  ['tag characters that spell hidden text', 'a\u{e0041}\u{e0042}b', 'ab'],
  ['half a character', 'a\ud800b\udc00', 'a\ufffdb\ufffd'],
  ['emoji and accents, untouched', 'café 👩‍🚀 e\u0301', 'café 👩‍🚀 e\u0301'],
];

test.each(CORPUS)('%s is not obeyed', (_, text, seen) => {
  expect(cleanText(text)).toBe(seen);
});

test('a block keeps its line ends and tabs, and nothing else of that kind', () => {
  expect(cleanText(`a\r\n\tb${ESC}[2J\rc\n`, 'block')).toBe('a\n\tb\nc\n');
});

test('no control character survives, whatever the text', () => {
  const pieces = fc.constantFrom(
    ESC,
    '[',
    ']',
    ';',
    '31m',
    '\u0007',
    '\\',
    '\u009b',
    '\u009d',
    '\u009c',
    'P',
    ' ',
    '\ud83d',
  );
  const hostile = fc
    .array(fc.oneof(pieces, fc.string({ unit: 'binary' })), { maxLength: 30 })
    .map((parts) => parts.join(''));
  fc.assert(
    fc.property(hostile, (text) => {
      const line = cleanText(text);
      expect(line).not.toMatch(/[\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069]/u);
      expect(cleanText(line)).toBe(line);
      expect(cleanText(text, 'block')).not.toMatch(/(?![\n\t])[\p{Cc}\p{Cs}]/u);
    }),
    { numRuns: RUNS },
  );
});

test('ordinary text comes out as it went in', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom('word', 'naïve', '日本', '🙂', '—', '"q"'), { minLength: 1 }), (words) => {
      expect(cleanText(words.join(' '))).toBe(words.join(' '));
    }),
    { numRuns: Math.min(RUNS, 500) },
  );
});

test.each([`${ESC}]`, '\u009d', `${ESC}[`, `${ESC}P`, `${ESC}]0;`, '\u0090'])(
  '%j, over and over, is read in one pass',
  (pump) => {
    let reads = 0;
    const text = pump.repeat(100_000 / pump.length);
    // Counting instead of timing: how often the text is looked at does not depend on the machine.
    const counted = new Proxy(Object(text), {
      get(target, key) {
        const value: unknown = Reflect.get(target, key);
        if (key === 'charCodeAt') reads += 1;
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    expect(cleanText(counted)).toHaveLength(cleanText(text).length);
    expect(reads).toBeLessThan(10 * text.length);
  },
);
