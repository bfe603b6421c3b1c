import { posix } from 'node:path';
import { parseAst } from 'vitest/node';

/** One import: `value` loads its target at once, `dynamic` when first used, `type` never. */
export interface Import {
  readonly to: string;
  readonly kind: 'value' | 'type' | 'dynamic';
}

/** What the rules need to know of a source file. */
export interface SourceFile {
  readonly path: string;
  readonly lines: number;
  /** Files by their path, packages and built-ins as written. */
  readonly imports: readonly Import[];
  /** `x as T` other than `as const`. */
  readonly casts: number;
  /** `any` and `x!`. */
  readonly loopholes: number;
  /** Ambient time, randomness and network that it reads: `Date.now`, `setTimeout`. */
  readonly ambient: readonly string[];
}

type Node = { readonly [key: string]: unknown };

const AMBIENT_MEMBERS = new Set(['Date.now', 'Math.random', 'crypto.randomUUID', 'performance.now']);
const AMBIENT_CALLS = new Set(['setTimeout', 'setInterval', 'fetch']);

/** Reads `source` as TypeScript; `path` is relative to the package, with `/`. */
export function readSource(path: string, source: string): SourceFile {
  const nodes = [...walk(parseAst(source, { lang: 'ts' }))];
  return {
    path,
    lines: source.trimEnd().split('\n').length,
    imports: nodes.flatMap((node) => importOf(node, path)),
    casts: nodes.filter(isCast).length,
    loopholes: nodes.filter((node) => node['type'] === 'TSNonNullExpression' || node['type'] === 'TSAnyKeyword').length,
    ambient: nodes.flatMap(ambientOf),
  };
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value;
}

function* walk(value: unknown): Generator<Node> {
  if (Array.isArray(value)) {
    for (const entry of value) yield* walk(entry);
  } else if (isNode(value)) {
    yield value;
    for (const child of Object.values(value)) yield* walk(child);
  }
}

function importOf(node: Node, path: string): Import[] {
  const { type, source } = node;
  if (!isNode(source) || typeof source['value'] !== 'string') return [];
  const written = source['value'];
  const to = written.startsWith('.') ? posix.join(posix.dirname(path), written) : written;
  if (type === 'ImportExpression') return [{ to, kind: 'dynamic' }];
  const typeOnly = type === 'TSImportType' || node['importKind'] === 'type' || node['exportKind'] === 'type';
  return [{ to, kind: typeOnly ? 'type' : 'value' }];
}

function isCast({ type, typeAnnotation: to }: Node): boolean {
  if (type === 'TSTypeAssertion') return true;
  const isConst = isNode(to) && isNode(to['typeName']) && to['typeName']['name'] === 'const';
  return type === 'TSAsExpression' && !isConst;
}

function ambientOf(node: Node): string[] {
  const { type, object, property, callee } = node;
  if (type === 'MemberExpression' && isNode(object) && isNode(property)) {
    const name = `${object['name']}.${property['name']}`;
    return AMBIENT_MEMBERS.has(name) ? [name] : [];
  }
  if (!isNode(callee) || typeof callee['name'] !== 'string') return [];
  const { name } = callee;
  if (
    type === 'NewExpression' &&
    name === 'Date' &&
    Array.isArray(node['arguments']) &&
    node['arguments'].length === 0
  ) {
    return ['new Date()'];
  }
  return type === 'CallExpression' && AMBIENT_CALLS.has(name) ? [name] : [];
}
