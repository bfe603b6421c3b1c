import { didYouMean } from '../internal/suggest.ts';
import { type Expression, isExpression, isPath, isStatement, type Statement } from './syntax.ts';

/** The helpers that open a block. */
export const BLOCK_HELPERS: readonly string[] = Object.freeze(['if', 'unless', 'each', 'with']);
/** The helpers that make a text: `{{json value}}`, `{{join list ", "}}`. */
export const VALUE_HELPERS: readonly string[] = Object.freeze(['json', 'join']);

/** Blocks and `else if` branches inside each other; compiling recurses once for each. */
const MAX_BLOCKS = 100;
/** Sub-expressions inside each other: json of json of json doubles every backslash each time. */
const MAX_CALLS = 5;
const DATA_NAMES: ReadonlySet<string> = new Set(['root', 'index', 'key', 'first', 'last']);
const BLOCK_PARAM = /^[A-Za-z_][A-Za-z0-9_-]*$/;

type Say = (node: hbs.AST.Node, message: string) => void;
type Call = hbs.AST.MustacheStatement | hbs.AST.SubExpression;

/** What a template must not use, wherever it stands: a line each, with its number. */
export function checkTree(program: hbs.AST.Program): readonly string[] {
  const problems: string[] = [];
  checkProgram(program, 0, (node, message) => problems.push(`line ${node.loc.start.line}: ${message}`));
  return problems;
}

function checkProgram(program: hbs.AST.Program | undefined, depth: number, say: Say): void {
  for (const node of program?.body ?? []) {
    if (depth > MAX_BLOCKS) {
      say(node, `blocks are nested deeper than ${MAX_BLOCKS}; use partials.`);
      return;
    }
    if (isStatement(node)) checkStatement(node, depth, say);
    else if (node.type === 'PartialBlockStatement')
      say(node, 'blocks for partials are not supported; write {{> name}}.');
    else
      say(
        node,
        'decorators and inline partials are not supported; put the partial into the prompts under its own name.',
      );
  }
}

function checkStatement(node: Statement, depth: number, say: Say): void {
  switch (node.type) {
    case 'ContentStatement':
    case 'CommentStatement':
      return;
    case 'MustacheStatement':
      checkMustache(node, say);
      return;
    case 'BlockStatement':
      checkBlock(node, say);
      checkProgram(node.program, depth + 1, say);
      checkProgram(node.inverse, depth + 1, say);
      return;
    case 'PartialStatement':
      checkPartial(node, say);
      return;
  }
}

function checkMustache(node: hbs.AST.MustacheStatement, say: Say): void {
  if (node.params.length > 0 || node.hash !== undefined) {
    checkCall(node, 0, say);
    return;
  }
  if (!isPath(node.path)) {
    say(node, `{{${written(node.path)}}} is no variable; write the text without braces.`);
    return;
  }
  checkPath(node.path, say);
  const name = node.path.original;
  if (BLOCK_HELPERS.includes(name) || VALUE_HELPERS.includes(name)) {
    say(node, `{{${name}}} is a helper; write {{this.${name}}} for a variable of that name.`);
  }
}

function checkCall(node: Call, depth: number, say: Say): void {
  if (depth > MAX_CALLS) {
    say(node, `expressions are nested deeper than ${MAX_CALLS}.`);
    return;
  }
  const name = written(node.path);
  if (BLOCK_HELPERS.includes(name)) {
    say(node, `${name} opens a block: write {{#${name} …}}…{{/${name}}}.`);
    return;
  }
  if (!VALUE_HELPERS.includes(name)) {
    say(node, `there is no helper "${name}".${didYouMean(name, VALUE_HELPERS)}`);
    return;
  }
  const most = name === 'join' ? 2 : 1;
  if (node.params.length < 1 || node.params.length > most) {
    say(node, name === 'join' ? 'join takes a list and, if you like, what stands between.' : 'json takes one value.');
  }
  if (node.hash !== undefined) say(node, `${name} takes no name=value pairs.`);
  checkExpressions(node.params, depth, say);
}

function checkBlock(node: hbs.AST.BlockStatement, say: Say): void {
  const name = written(node.path);
  if (!BLOCK_HELPERS.includes(name)) {
    const section = node.params.length === 0 && !VALUE_HELPERS.includes(name);
    const hint = section ? ` Write {{#if ${name}}} or {{#each ${name}}}.` : didYouMean(name, BLOCK_HELPERS);
    say(node, `there is no block helper "${name}".${hint}`);
    return;
  }
  if (node.params.length !== 1) say(node, `{{#${name}}} takes one value.`);
  for (const pair of node.hash?.pairs ?? []) {
    const known = pair.key === 'includeZero' && (name === 'if' || name === 'unless');
    if (!known) say(node, `{{#${name}}} takes no ${pair.key}=….`);
    checkExpressions([pair.value], 0, say);
  }
  checkExpressions(node.params, 0, say);
  const names = [...(node.program?.blockParams ?? []), ...(node.inverse?.blockParams ?? [])];
  if (names.length > (name === 'each' ? 2 : name === 'with' ? 1 : 0))
    say(node, `{{#${name}}} takes fewer names after "as".`);
  for (const param of names) {
    const taken = BLOCK_HELPERS.includes(param) || VALUE_HELPERS.includes(param);
    if (taken || !BLOCK_PARAM.test(param))
      say(node, `"${param}" cannot be a name after "as"; take a plain word that is no helper.`);
  }
}

function checkPartial(node: hbs.AST.PartialStatement, say: Say): void {
  if (node.name.type === 'SubExpression') {
    say(node, 'the name of a partial must stand in the template; data must not choose it.');
    return;
  }
  if (node.params.length > 1) say(node, 'a partial takes one value at most.');
  for (const pair of node.hash?.pairs ?? []) {
    if (pair.key === '__proto__') say(node, 'a partial takes no __proto__=….');
    checkExpressions([pair.value], 0, say);
  }
  checkExpressions(node.params, 0, say);
}

function checkExpressions(nodes: readonly hbs.AST.Expression[], depth: number, say: Say): void {
  for (const node of nodes) {
    if (isPath(node)) checkPath(node, say);
    else if (isExpression(node) && node.type === 'SubExpression') checkCall(node, depth + 1, say);
  }
}

function checkPath(path: hbs.AST.PathExpression, say: Say): void {
  const name = path.parts[0] ?? '';
  if (path.data && !DATA_NAMES.has(name)) say(path, `there is no {{@${name}}}.${didYouMean(name, DATA_NAMES)}`);
}

/** An expression as its author wrote it. */
export function written(node: hbs.AST.Node): string {
  if (!isExpression(node)) return node.type;
  return shown(node);
}

function shown(node: Expression): string {
  switch (node.type) {
    case 'PathExpression':
    case 'StringLiteral':
    case 'NumberLiteral':
    case 'BooleanLiteral':
      return String(node.original);
    case 'NullLiteral':
      return 'null';
    case 'UndefinedLiteral':
      return 'undefined';
    case 'SubExpression':
      return `(${written(node.path)} …)`;
  }
}
