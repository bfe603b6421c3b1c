import { expect, test } from 'vitest';
import { readCode } from '../../src/models/offline/code.ts';
import { filesIn } from '../../src/models/offline/dossier.ts';
import { takeApart } from '../../src/models/offline/join.ts';
import { limitsIn } from '../../src/models/offline/limits.ts';
import { mainManifest } from '../../src/models/offline/manifest.ts';
import { plainText, readMarkdown } from '../../src/models/offline/markdown.ts';
import { textFor } from '../../src/models/offline/pattern.ts';
import { quotedSubject } from '../../src/models/offline/subject.ts';
import { sentencesOf, wordsOf } from '../../src/models/offline/words.ts';

/** Texts that make careless parsers take for ever. */
const PUMPS = [
  '<',
  '[',
  '![',
  '[a](',
  '`',
  '"',
  '“',
  '*',
  '_',
  '&',
  '.',
  '. ',
  '# ',
  '- ',
  '/*',
  '//',
  'a',
  'A ',
  ' ',
  '\n',
  '{',
  '(',
  "it('",
  'export const a = ',
  '<result task="',
  'at most 3 ',
  '= "',
  '…',
];
const SIZE = 50_000;

const PARSERS: { readonly [name: string]: (text: string) => unknown } = {
  plainText,
  readMarkdown,
  sentencesOf,
  wordsOf,
  filesIn,
  quotedSubject,
  readCode: (text) => readCode('a.ts', text),
  takeApart: (text) => takeApart([{ name: 'x', text }]),
  limitsIn: (text) => limitsIn([text]),
  manifest: (text) => mainManifest([{ path: 'pyproject.toml', text: `[project]\n${text}`, cut: false }]),
};

// How the time grows with the text is measured by test/bench/growth.mjs.
test.each(Object.keys(PARSERS))('%s reads every repeated sign to its end', (name) => {
  for (const pump of PUMPS) PARSERS[name]?.(pump.repeat(SIZE / pump.length));
});

test('a text for a pattern is one that the pattern accepts, or none', () => {
  for (const pattern of [
    '^a+$',
    '^[A-Z]{2,5}$',
    '(x|y){3}',
    '\\d{4}-\\d{2}',
    '^$',
    '[^a-z]',
    'a?b*c',
    '^\\w+@\\w+\\.com$',
    '.{5}',
  ]) {
    expect(textFor(pattern)).toMatch(new RegExp(pattern, 'u'));
  }
  for (const pattern of ['(?=a)b', '(', '\\1', 'a{999999}']) expect(textFor(pattern)).toBeUndefined();
});
