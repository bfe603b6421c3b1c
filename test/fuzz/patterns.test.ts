import fc from 'fast-check';
import { expect, test } from 'vitest';
import { pathFilter } from '../../src/tools/glob.ts';
import { fuzz, textOf } from './fuzz.ts';

const paths = textOf(['a', 'b', '.ts', '/', '..', '*', '-', ' ', 'é', '👩‍🚀'], 8);

test('any text is a pattern of paths, or it is said why not', () => {
  const patterns = textOf(
    ['a', 'b', '.ts', '/', '*', '**', '**/', '?', '{', '}', ',', '{a,b}', './', '\\', '[', ']'],
    60,
  );
  fuzz(fc.tuple(patterns, paths), ([pattern, path]) => {
    const filter = pathFilter(pattern);
    if (typeof filter === 'string') expect(filter).not.toBe('');
    else expect([true, false]).toContain(filter(path));
  });
});

/** The same from its definition, trying everything: fine for short patterns. */
function fits(
  pattern: readonly string[],
  items: readonly string[],
  same: (glob: string, item: string) => boolean,
  wild: string,
): boolean {
  const [glob, ...globs] = pattern;
  const [item, ...rest] = items;
  if (glob === undefined) return item === undefined;
  if (glob === wild) return fits(globs, items, same, wild) || (item !== undefined && fits(pattern, rest, same, wild));
  return item !== undefined && same(glob, item) && fits(globs, rest, same, wild);
}

const sameLetter = (glob: string, letter: string) => glob === '?' || glob === letter;
const sameName = (glob: string, name: string) => fits([...glob], [...name], sameLetter, '*');

test('a pattern with folders fits exactly the paths that it describes', () => {
  const glob = fc.constantFrom('a', 'b', '*', '?', '**', 'a*', '*b', '?b', 'a?b');
  const name = fc.constantFrom('a', 'b', 'ab', 'aab', 'ba', '');
  const patterns = fc.array(glob, { minLength: 2, maxLength: 5 }).map((globs) => globs.join('/'));
  fuzz(fc.tuple(patterns, fc.array(name, { minLength: 1, maxLength: 5 })), ([pattern, names]) => {
    const filter = pathFilter(pattern);
    const path = names.join('/');
    expect(typeof filter === 'function' && filter(path), `${pattern} on ${path}`).toBe(
      fits(pattern.split('/'), names, sameName, '**'),
    );
  });
});
