import { join } from 'node:path';
import { Script } from 'node:vm';
import { expect, test } from 'vitest';
import { explainSyntax } from '../../src/cli/syntax-error.ts';
import { folderWith } from './cli.ts';

const SOURCE = 'const fine = 1;\nconst x = = 3;\n';

function thrownBy(filename: string): unknown {
  try {
    return new Script(SOURCE, { filename });
  } catch (error) {
    return error;
  }
}

test('what Node says of code that it cannot read is told with the file, the line and a mark below it', () => {
  const file = join(folderWith({ 'crew.mjs': SOURCE }), 'crew.mjs');
  const shown = `${file}:2:11: Unexpected token '='\n2 | const x = = 3;\n  |           ^`;
  expect(explainSyntax(thrownBy(file))).toBe(shown);
  expect(explainSyntax(thrownBy(`file://${file}`))).toBe(shown);
});

test('a file that is gone, or a line as long as machines write them, is told without the line', () => {
  expect(explainSyntax(thrownBy('/nowhere/crew.mjs'))).toBe("/nowhere/crew.mjs:2:11: Unexpected token '='");
  const file = join(folderWith({ 'crew.ts': 'x'.repeat(500) }), 'crew.ts');
  const error = new Error(`ParseError: Missing semicolon.  \n ${file}:1:3`);
  expect(explainSyntax(error)).toBe(`${file}:1:4: Missing semicolon.`);
});

test('other errors are not taken for that', () => {
  for (const error of [new Error('boom'), new Error('ParseError: of my own'), new SyntaxError('made by hand'), 'boom'])
    expect(explainSyntax(error)).toBe(undefined);
});
