import { didYouMean } from '../internal/suggest.ts';
import type { PromptSet } from '../spec/prompts.ts';
import { checkTree, written } from './check.ts';
import { remember } from './remember.ts';
import { given, inside, nowhere, type Place, placeAt, resolve, type Scope, startsWith, topScope } from './scope.ts';
import { isExpression, isPath, isStatement, type Statement, treeOf } from './syntax.ts';

/** Something that a template reads from its data. */
export interface TemplateReference {
  /** From the top of the data: `['tasks', 'research', 'output', 'items']`. */
  readonly path: readonly string[];
  /**
   * True when the template renders without it: it is the condition of an `{{#if}}`, `{{#unless}}` or `{{#with}}`, or stands
   * inside one whose condition is this path or a prefix of it.
   */
  readonly guarded: boolean;
  /** For what stands inside a condition on itself: the longest such prefix. If that has a value, the whole path must. */
  readonly guard?: readonly string[];
}

/** What a template, with its partials, needs and does. */
export interface TemplateFacts {
  readonly references: readonly TemplateReference[];
  /** Names of all partials used, also by partials. */
  readonly partials: readonly string[];
  /** What is wrong with it, a sentence each. */
  readonly problems: readonly string[];
}

/** Partials inside partials. */
export const MAX_PARTIAL_DEPTH = 32;
/** Different ways in which one template may arrive at its partials. Real ones have a handful. */
const MAX_PARTIAL_USES = 1_000;

const PLAIN: TemplateFacts = Object.freeze({
  references: Object.freeze([]),
  partials: Object.freeze([]),
  problems: Object.freeze([]),
});

const readers = new WeakMap<PromptSet, (source: string) => TemplateFacts>();

/** Reads a template's syntax tree, and those of the partials it takes from `set`. Never throws; remembered for each set. */
export function readTemplate(source: string, set: PromptSet): TemplateFacts {
  if (!source.includes('{{')) return PLAIN;
  let reader = readers.get(set);
  if (reader === undefined) {
    reader = remember(2_000, (text) => read(text, set));
    readers.set(set, reader);
  }
  return reader(source);
}

/** One reading under way. */
interface Reading {
  readonly set: PromptSet;
  readonly references: Map<string, TemplateReference>;
  readonly partials: Set<string>;
  readonly problems: Set<string>;
  /** Partials that we are inside of, and all combinations of partial and scope that have been read. */
  readonly stack: string[];
  readonly seen: Set<string>;
}

function read(source: string, set: PromptSet): TemplateFacts {
  const reading: Reading = {
    set,
    references: new Map(),
    partials: new Set(),
    problems: new Set(),
    stack: [],
    seen: new Set(),
  };
  readSource(reading, source, topScope(placeAt([])));
  return {
    references: [...reading.references.values()],
    partials: [...reading.partials],
    problems: [...reading.problems],
  };
}

function say(reading: Reading, problem: string): void {
  const partial = reading.stack.at(-1);
  reading.problems.add(partial === undefined ? problem : `partial "${partial}", ${problem}`);
}

function readSource(reading: Reading, source: string, scope: Scope): void {
  const tree = treeOf(source);
  const problems = tree.ok ? checkTree(tree.program) : [tree.problem];
  for (const problem of problems) say(reading, problem);
  if (tree.ok && problems.length === 0) readProgram(reading, tree.program, scope);
}

function readProgram(reading: Reading, program: hbs.AST.Program | undefined, scope: Scope): void {
  for (const node of program?.body ?? []) if (isStatement(node)) readStatement(reading, node, scope);
}

function readStatement(reading: Reading, node: Statement, scope: Scope): void {
  switch (node.type) {
    case 'ContentStatement':
    case 'CommentStatement':
      return;
    case 'MustacheStatement':
      if (node.params.length === 0) readValue(reading, node.path, scope);
      for (const param of node.params) readValue(reading, param, scope);
      return;
    case 'BlockStatement':
      readBlock(reading, node, scope);
      return;
    case 'PartialStatement':
      readPartial(reading, node, scope);
      return;
  }
}

/** Notes what an expression reads. Returns the place it stands for, so that what is below can be followed. */
function readValue(reading: Reading, node: hbs.AST.Node, scope: Scope): Place {
  if (isPath(node)) {
    const place = placeOf(reading, node, scope);
    note(reading, place, guardOf(place, scope));
    return place;
  }
  if (isExpression(node) && node.type === 'SubExpression') {
    for (const param of node.params) readValue(reading, param, scope);
  }
  return nowhere();
}

function placeOf(reading: Reading, node: hbs.AST.PathExpression, scope: Scope): Place {
  const place = resolve(node, scope);
  if (place === undefined) say(reading, `line ${node.loc.start.line}: {{${node.original}}} leads out of the template.`);
  return place ?? nowhere();
}

function guardOf(place: Place, scope: Scope): Partial<TemplateReference> {
  const { path } = place;
  if (path === undefined) return {};
  const guards = scope.given.filter((start) => startsWith(path, start));
  const longest = guards.reduce<readonly string[] | undefined>(
    (a, b) => (a && a.length >= b.length ? a : b),
    undefined,
  );
  return longest === undefined ? {} : { guarded: true, guard: longest };
}

/** `{{this}}` at the top is all the data there is, which nothing can miss. */
function note(reading: Reading, { path }: Place, guard: Partial<TemplateReference>): void {
  if (path === undefined || path.length === 0) return;
  const reference: TemplateReference = { path, guarded: false, ...guard };
  reading.references.set(JSON.stringify(reference), reference);
}

function readBlock(reading: Reading, node: hbs.AST.BlockStatement, scope: Scope): void {
  const name = written(node.path);
  const condition = node.params[0];
  if (condition === undefined) return;
  for (const pair of node.hash?.pairs ?? []) readValue(reading, pair.value, scope);
  if (name === 'each') {
    readValue(reading, condition, scope);
    const item = nowhere();
    readProgram(reading, node.program, inside(scope, item, namesOf(node, item)));
    readProgram(reading, node.inverse, scope);
    return;
  }
  let place = nowhere();
  if (isPath(condition)) {
    place = placeOf(reading, condition, scope);
    // Without a guard: being asked about, it may be absent even where what it lies in is known to be there.
    note(reading, place, { guarded: true });
  } else {
    readValue(reading, condition, scope);
  }
  const holds = given(scope, place);
  const body = name === 'with' ? inside(holds, place, namesOf(node, place)) : name === 'if' ? holds : scope;
  readProgram(reading, node.program, body);
  readProgram(reading, node.inverse, name === 'unless' ? holds : scope);
}

/** Names after `as`: the item or value itself, then the index or key, which is no place. */
function namesOf(node: hbs.AST.BlockStatement, first: Place): ReadonlyMap<string, Place> {
  const names = node.program?.blockParams ?? [];
  return new Map(names.map((name, index) => [name, index === 0 ? first : nowhere()]));
}

function readPartial(reading: Reading, node: hbs.AST.PartialStatement, scope: Scope): void {
  const name = written(node.name);
  const context = node.params[0];
  let here = context === undefined ? scope.here : readValue(reading, context, scope);
  const pairs = node.hash?.pairs ?? [];
  const fields = new Map(pairs.map((pair) => [pair.key, readValue(reading, pair.value, scope)]));
  if (fields.size > 0) here = { path: here.path, fields: new Map([...(here.fields ?? []), ...fields]) };
  const source = Object.hasOwn(reading.set, name) ? reading.set[name] : undefined;
  if (source === undefined) {
    const hint = didYouMean(name, Object.keys(reading.set));
    say(reading, `line ${node.loc.start.line}: there is no partial "${name}".${hint}`);
    return;
  }
  reading.partials.add(name);
  const key = JSON.stringify([name, describe(here), scope.given]);
  // A partial inside itself reads the same things again, or those of an item.
  if (reading.seen.has(key) || reading.stack.includes(name)) return;
  reading.seen.add(key);
  if (reading.stack.length >= MAX_PARTIAL_DEPTH || reading.seen.size > MAX_PARTIAL_USES) {
    say(reading, `line ${node.loc.start.line}: partials are nested too deep or used too often.`);
    return;
  }
  reading.stack.push(name);
  readSource(reading, source, topScope(here, scope.given));
  reading.stack.pop();
}

function describe(place: Place): unknown {
  return [place.path ?? null, [...(place.fields ?? [])].map(([name, field]) => [name, describe(field)])];
}
