/** A name that a line declares. */
export interface DeclaredName {
  readonly name: string;
  /** `class`, `function`, `type`, … */
  readonly kind: string;
  readonly exported: boolean;
}

/** Each is anchored and looks at one short line: none can take long. */
const DECLARATIONS: readonly { readonly pattern: RegExp; readonly exported: boolean }[] = [
  {
    pattern:
      /^export (?:default )?(?:declare )?(?:abstract )?(?:async )?(class|function|const|let|var|interface|type|enum|namespace)\*? ([\w$]+)/,
    exported: true,
  },
  { pattern: /^(?:declare )?(?:abstract )?(?:async )?(class|function)\*? ([\w$]+)/, exported: false },
  { pattern: /^pub (?:async )?(fn|struct|enum|trait|mod) (\w+)/, exported: true },
  { pattern: /^(?:async )?(def) ([A-Za-z]\w*)/, exported: true },
  { pattern: /^(func) (?:\([^)]{0,80}\) )?([A-Z]\w*)/, exported: true },
  { pattern: /^(type) ([A-Z]\w*) (?:struct|interface)/, exported: true },
  { pattern: /^public (?:final |abstract |static )?(class|interface|enum|record) (\w+)/, exported: true },
];
const KINDS: { readonly [word: string]: string } = {
  fn: 'function',
  def: 'function',
  func: 'function',
  const: 'value',
  let: 'value',
  var: 'value',
  mod: 'module',
  struct: 'type',
};
const TEST = /^(?:await )?(?:test|it|Deno\.test|t\.test)(?:\.\w{1,20})?\((['"`])/;
const OTHER_TEST = /^(?:async )?(?:def (test_\w+)|func (Test\w+)\()/;

/** What an unindented line declares. Python's classes are for others even without `export`. */
export function declaredIn(line: string): DeclaredName | undefined {
  for (const { pattern, exported } of DECLARATIONS) {
    const found = pattern.exec(line);
    const kind = found?.[1];
    const name = found?.[2];
    if (kind !== undefined && name !== undefined) {
      return { name, kind: KINDS[kind] ?? kind, exported: exported || (kind === 'class' && line.endsWith(':')) };
    }
  }
  return undefined;
}

/** The name that `exports.a =` or `module.exports = a` hands out. */
export function assignedExport(line: string): string | undefined {
  return /^(?:module\.)?exports\.(\w+) ?=(?!=)/.exec(line)?.[1] ?? /^module\.exports = (\w+);?$/.exec(line)?.[1];
}

/** What follows the brace of `module.exports = {` or `export {`. */
export function exportListStart(line: string): string | undefined {
  return /^(?:module\.exports = |export (?:type )?)\{(.{0,380})/.exec(line)?.[1];
}

/** Names in a list such as `A, B as C, d: e`; the name that users see. */
export function namesInList(list: string): string[] {
  return (list.split('}')[0] ?? '').split(',').flatMap((entry) => {
    const words = entry
      .trim()
      .split(/[\s:]/)
      .filter((word) => word !== '' && word !== 'type');
    const name = words[1] === 'as' ? words[2] : words[0];
    return name !== undefined && /^[\w$]+$/.test(name) && name !== 'default' ? [name] : [];
  });
}

/** What a line imports, as written. */
export function importsIn(line: string): string[] {
  const found: string[] = [];
  for (const before of ["from '", 'from "', "require('", 'require("', "import '", 'import "']) {
    const at = line.indexOf(before);
    if (at === -1 || (before.startsWith('from') && !/^(?:import|export|\})/.test(line))) continue;
    const start = at + before.length;
    const end = line.indexOf(before.at(-1) ?? "'", start);
    if (end > start) found.push(line.slice(start, end));
  }
  const python = /^(?:from ([\w.]+) import|import ([\w.]+)$)/.exec(line);
  const module = python?.[1] ?? python?.[2];
  return module === undefined ? found : [...found, module];
}

/** The name of the test that a line begins. */
export function testIn(line: string): string | undefined {
  const other = OTHER_TEST.exec(line);
  if (other !== null) return other[1] ?? other[2];
  const quote = TEST.exec(line);
  if (quote === null) return undefined;
  const start = quote[0].length;
  const end = line.indexOf(quote[1] ?? "'", start);
  return end === -1 ? undefined : line.slice(start, end);
}
