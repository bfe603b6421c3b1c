import { messageOf } from '../errors.ts';
import { handlebars } from '../internal/lazy.ts';
import { BLOCK_HELPERS, checkTree, VALUE_HELPERS } from './check.ts';
import { CHECKS, instrument } from './instrument.ts';
import { remember } from './remember.ts';
import { parseTemplate } from './syntax.ts';

/** Something that went wrong inside a template. Whoever renders it says in which. */
export class TemplateFault extends Error {
  override readonly name = 'TemplateFault';
  /** The innermost partial it happened in. */
  partial: string | undefined;
}

/** A text, a number or a flag as it is, anything else as compact JSON. `path` is what the template calls it. */
function print(value: unknown, path: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return toJson(need(value, path), path, 0);
}

function toJson(value: unknown, path: unknown, indent: number): string {
  try {
    return JSON.stringify(value, null, indent);
  } catch (error) {
    throw new TemplateFault(`{{${path}}} cannot be printed as JSON: ${messageOf(error)}`, { cause: error });
  }
}

function need(value: unknown, path: unknown): unknown {
  if (value === undefined || value === null) throw new TemplateFault(`{{${path}}} has no value.`);
  if (typeof value === 'function' || typeof value === 'symbol') {
    throw new TemplateFault(`{{${path}}} is a ${typeof value}; only JSON can be printed.`);
  }
  return value;
}

function needItems(value: unknown, path: unknown): unknown {
  if (typeof need(value, path) !== 'object') {
    throw new TemplateFault(`{{#each ${path}}} needs a list or an object, not a ${typeof value}.`);
  }
  return value;
}

function needList(value: unknown, path: unknown): readonly unknown[] {
  const list = need(value, path);
  if (!Array.isArray(list)) throw new TemplateFault(`{{join ${path}}} needs a list.`);
  return list;
}

/** Handlebars hands every helper an object of its own last, so a second value that was not given is no text. */
function join(value: unknown, between: unknown): string {
  const list = Array.isArray(value) ? value : [];
  return list.map((entry) => print(entry, 'join')).join(typeof between === 'string' ? between : ', ');
}

function makeEnvironment() {
  const own = handlebars().create();
  // `log` writes to the terminal; `lookup` lets data choose what is read.
  for (const name of Object.keys(own.helpers)) if (!BLOCK_HELPERS.includes(name)) own.unregisterHelper(name);
  for (const name of Object.keys(own.decorators)) delete own.decorators[name];
  own.registerHelper('json', (value: unknown) => toJson(value, 'json', 2));
  own.registerHelper('join', join);
  own.registerHelper(CHECKS.print, print);
  own.registerHelper(CHECKS.need, need);
  own.registerHelper(CHECKS.items, needItems);
  own.registerHelper(CHECKS.list, needList);
  return own;
}

let environment: ReturnType<typeof makeEnvironment> | undefined;

const known = Object.fromEntries([...VALUE_HELPERS, ...Object.values(CHECKS)].map((name) => [name, true]));
const OPTIONS = {
  knownHelpersOnly: true,
  knownHelpers: {
    ...known,
    helperMissing: false,
    blockHelperMissing: false,
    log: false,
    lookup: false,
    each: true,
    if: true,
    unless: true,
    with: true,
  },
  noEscape: true,
  // An indented {{> partial}} would indent every line of the values printed in it.
  preventIndent: true,
} as const;

/** A template ready to run, or what it must not use. */
export interface Compiled {
  readonly problems: readonly string[];
  readonly run: HandlebarsTemplateDelegate<unknown>;
}

function compile(source: string): Compiled {
  const parsed = parseTemplate(source);
  const problems = parsed.ok ? checkTree(parsed.program) : [parsed.problem];
  if (!parsed.ok || problems.length > 0) return { problems, run: () => '' };
  environment ??= makeEnvironment();
  instrument(parsed.program);
  return { problems, run: environment.compile(parsed.program, OPTIONS) };
}

/** Compiles a text once. Which partials it finds is decided when it runs, so all prompt sets share the result. */
export const compileTemplate = remember(2_000, compile);
