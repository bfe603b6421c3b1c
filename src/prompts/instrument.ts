import { written } from './check.ts';
import { isExpression, isPath, isStatement, type Statement } from './syntax.ts';

/**
 * The names under which the helpers below are called. No template can write them: those who try, in brackets, meet the
 * list of allowed helpers, and a name after `as` must be a plain word.
 */
export const CHECKS = Object.freeze({
  print: 'print value',
  need: 'need value',
  items: 'need items',
  list: 'need list',
});
type Check = keyof typeof CHECKS;

/**
 * Puts a check around everything that a template reads, so that a missing value is an error that names its path, and
 * objects print as JSON. Handlebars' own strict mode does neither, and throws on `{{#if a.b}}` when there is no `a`.
 * Conditions stay as they are: a missing one is simply not true. The tree must have passed `checkTree`; it is changed in place.
 */
export function instrument(program: hbs.AST.Program | undefined): void {
  for (const node of program?.body ?? []) if (isStatement(node)) instrumentStatement(node);
}

function instrumentStatement(node: Statement): void {
  switch (node.type) {
    case 'ContentStatement':
    case 'CommentStatement':
      return;
    case 'MustacheStatement':
      instrumentMustache(node);
      return;
    case 'BlockStatement':
      node.params = node.params.map((param) => {
        if (node.path.original === 'each') return checked(param, 'items');
        return isPath(param) ? param : checked(param, 'need');
      });
      instrument(node.program);
      instrument(node.inverse);
      return;
    case 'PartialStatement':
      node.params = node.params.map((param) => checked(param, 'need'));
      for (const pair of node.hash?.pairs ?? []) pair.value = checked(pair.value, 'need');
      return;
  }
}

function instrumentMustache(node: hbs.AST.MustacheStatement): void {
  if (node.params.length > 0) {
    node.params = parameters(node);
  } else {
    node.params = [node.path, literal(node.path)];
    node.path = path('print', node.loc);
  }
}

/** What is handed to `json` or `join`: the first must be there, and for `join` be a list. */
function parameters(call: hbs.AST.MustacheStatement | hbs.AST.SubExpression): hbs.AST.Expression[] {
  const first: Check = written(call.path) === 'join' ? 'list' : 'need';
  return call.params.map((param, index) => checked(param, index === 0 ? first : 'need'));
}

function checked(node: hbs.AST.Expression, check: Check): hbs.AST.Expression {
  if (!isExpression(node)) return node;
  if (node.type === 'SubExpression') node.params = parameters(node);
  if (node.type !== 'PathExpression' && check === 'need') return node;
  const call: hbs.AST.SubExpression = {
    type: 'SubExpression',
    path: path(check, node.loc),
    params: [node, literal(node)],
    hash: { type: 'Hash', pairs: [], loc: node.loc },
    loc: node.loc,
  };
  return call;
}

function path(check: Check, loc: hbs.AST.SourceLocation): hbs.AST.PathExpression {
  const name = CHECKS[check];
  return { type: 'PathExpression', data: false, depth: 0, parts: [name], original: name, loc };
}

function literal(node: hbs.AST.Expression): hbs.AST.StringLiteral {
  const text = written(node);
  return { type: 'StringLiteral', value: text, original: text, loc: node.loc };
}
