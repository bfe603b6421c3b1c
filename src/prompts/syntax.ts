import { messageOf } from '../errors.ts';
import { isObject } from '../internal/json.ts';
import { handlebars } from '../internal/lazy.ts';
import { remember } from './remember.ts';

/** The statements a template may hold. Handlebars has more: decorators and partial blocks, which are refused. */
export type Statement =
  | hbs.AST.ContentStatement
  | hbs.AST.CommentStatement
  | hbs.AST.MustacheStatement
  | hbs.AST.BlockStatement
  | hbs.AST.PartialStatement;

/** What can stand as a value. */
export type Expression =
  | hbs.AST.PathExpression
  | hbs.AST.SubExpression
  | hbs.AST.StringLiteral
  | hbs.AST.NumberLiteral
  | hbs.AST.BooleanLiteral
  | hbs.AST.NullLiteral
  | hbs.AST.UndefinedLiteral;

const STATEMENTS: ReadonlySet<string> = new Set<Statement['type']>([
  'ContentStatement',
  'CommentStatement',
  'MustacheStatement',
  'BlockStatement',
  'PartialStatement',
]);
const EXPRESSIONS: ReadonlySet<string> = new Set<Expression['type']>([
  'PathExpression',
  'SubExpression',
  'StringLiteral',
  'NumberLiteral',
  'BooleanLiteral',
  'NullLiteral',
  'UndefinedLiteral',
]);

/** Tells the statements a template may hold from the others. */
export function isStatement(node: hbs.AST.Node): node is Statement {
  return STATEMENTS.has(node.type);
}

/** Tells values from everything else. */
export function isExpression(node: hbs.AST.Node): node is Expression {
  return EXPRESSIONS.has(node.type);
}

/** Tells a path, such as `a.b`, `../c` or `@index`, from other values. */
export function isPath(node: hbs.AST.Node): node is hbs.AST.PathExpression {
  return node.type === 'PathExpression';
}

/** Characters of one template. Real ones have a few thousand; this many take a third of a second to parse. */
const MAX_TEMPLATE_LENGTH = 256 * 1024;

/** A template's syntax tree, or what is wrong with its syntax. */
export type Parsed =
  | { readonly ok: true; readonly program: hbs.AST.Program }
  | { readonly ok: false; readonly problem: string };

/** Blocks or brackets inside each other. The parser's time grows with the square: 0.03 s for 500, 3 s for 4,000. */
const MAX_PARSED_NESTING = 500;

/** The deepest nesting of blocks, or of brackets inside one pair of braces, without parsing. May be too high, never too low. */
function deepestNesting(source: string): number {
  let blocks = 0;
  let brackets = 0;
  let deepest = 0;
  for (const [mark] of source.matchAll(/\{\{~?[#^/]?|[()]/g)) {
    if (mark === '(') brackets += 1;
    else if (mark === ')') brackets -= 1;
    else brackets = 0;
    if (mark.endsWith('#') || mark.endsWith('^')) blocks += 1;
    else if (mark.endsWith('/')) blocks -= 1;
    deepest = Math.max(deepest, blocks, brackets);
  }
  return deepest;
}

/** Parses a text. */
export function parseTemplate(source: string): Parsed {
  if (source.length > MAX_TEMPLATE_LENGTH) {
    return { ok: false, problem: `is longer than ${MAX_TEMPLATE_LENGTH} characters; pass long texts as inputs.` };
  }
  if (deepestNesting(source) > MAX_PARSED_NESTING) {
    return { ok: false, problem: `is nested deeper than ${MAX_PARSED_NESTING} levels; use partials.` };
  }
  try {
    // Handlebars would take a ready tree instead of a text, and run what is in it.
    return { ok: true, program: handlebars().parseWithoutProcessing(String(source)) };
  } catch (error) {
    return { ok: false, problem: describe(error, source) };
  }
}

/** The same, remembered: for reading, never for changing. */
export const treeOf = remember(2_000, parseTemplate);

/** `line 3: "{{#if topic}" is not valid Handlebars: …`, from either of the two ways in which it reports errors. */
function describe(error: unknown, source: string): string {
  const message = messageOf(error);
  const reported = isObject(error) ? error['lineNumber'] : undefined;
  const line = typeof reported === 'number' ? reported : Number(/ on line (\d+)/.exec(message)?.[1] ?? 1);
  const text = (source.split('\n')[line - 1] ?? '').trim().slice(0, 80);
  return `line ${line}: "${text}" is not valid Handlebars: ${reasonOf(message)}`;
}

/** Handlebars lists every token it would have taken, which helps nobody. */
function reasonOf(message: string): string {
  const got = /, got '(\w+)'$/.exec(message)?.[1];
  if (got === 'EOF') return 'a block, or a {{, is never closed.';
  if (got === 'OPEN_ENDBLOCK') return 'this block was never opened.';
  if (got === 'NUMBER') return 'an item is taken by its number as list.[0].';
  if (got !== undefined || message.startsWith('Lexical error')) return 'check its braces, quotes and brackets.';
  return `${message.replace(/ - \d+:\d+$/, '')}.`;
}
