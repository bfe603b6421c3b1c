import { CrewError, messageOf } from '../errors.ts';
import type { PromptSet } from '../spec/prompts.ts';
import { compileTemplate, TemplateFault } from './environment.ts';
import { MAX_PARTIAL_DEPTH, readTemplate } from './read.ts';
import { remember } from './remember.ts';

/** What a template is rendered with: JSON, by name. Only own properties are read. */
export interface TemplateData {
  readonly [name: string]: unknown;
}

type Render = (data: TemplateData) => string;

/** How many partials the render under way is inside of. Rendering is synchronous, so there is only one. */
let partialDepth = 0;

/**
 * Renders a template once: what values contain is printed as it is, also `{{…}}`. Nothing is escaped; objects print as
 * JSON. `set` holds the partials. In a template, `\{{` prints `{{`.
 *
 * @throws {CrewError} `TEMPLATE`, naming the template by its first words and the path that has no value.
 */
export function renderTemplate(source: string, data: TemplateData, set: PromptSet): string {
  return source.includes('{{') ? renderNamed(undefined, source, { data, set }) : source;
}

/** The same for a template that has a name. */
export function renderNamed(
  name: string | undefined,
  source: string,
  { data, set }: { readonly data: TemplateData; readonly set: PromptSet },
): string {
  try {
    return rendererOf(source, set)(data);
  } catch (error) {
    throw toCrewError(error, name ?? firstWords(source));
  }
}

const renderers = new WeakMap<PromptSet, (source: string) => Render>();

function rendererOf(source: string, set: PromptSet): Render {
  let renderer = renderers.get(set);
  if (renderer === undefined) {
    renderer = remember(2_000, (text) => prepare(text, set));
    renderers.set(set, renderer);
  }
  return renderer(source);
}

/** Binds a compiled template to its partials. */
function prepare(source: string, set: PromptSet): Render {
  const facts = readTemplate(source, set);
  if (facts.problems.length > 0) throw new TemplateFault(facts.problems.join('\n- '));
  const partials: Record<string, HandlebarsTemplateDelegate<unknown>> = Object.create(null);
  for (const name of facts.partials) partials[name] = partial(name, set[name] ?? '');
  // Without a prototype, so that nothing put on Object.prototype can pass for an option.
  const options: RuntimeOptions = Object.create(null);
  options.partials = partials;
  options.allowProtoMethodsByDefault = false;
  options.allowProtoPropertiesByDefault = false;
  const { run } = compileTemplate(source);
  return (data) => run(data, options);
}

function partial(name: string, source: string): HandlebarsTemplateDelegate<unknown> {
  const { run } = compileTemplate(source);
  return (context, options) => {
    if (partialDepth >= MAX_PARTIAL_DEPTH) {
      throw new TemplateFault(
        `partial "${name}" is nested deeper than ${MAX_PARTIAL_DEPTH}; does it use itself without end?`,
      );
    }
    partialDepth += 1;
    try {
      return run(context, options);
    } catch (error) {
      if (error instanceof TemplateFault) error.partial ??= name;
      throw error;
    } finally {
      partialDepth -= 1;
    }
  };
}

function toCrewError(error: unknown, name: string): CrewError {
  const partial = error instanceof TemplateFault && error.partial !== undefined ? `, partial "${error.partial}"` : '';
  // What nests too deep for the stack: blocks of a template, or the values it goes through.
  const message = error instanceof RangeError ? `is nested too deep: ${error.message}` : messageOf(error);
  return new CrewError('TEMPLATE', `template "${name}"${partial}: ${message}`, { cause: error });
}

/** How messages call a template without a name: by its first words. */
function firstWords(source: string): string {
  const [line = ''] = source.trim().split('\n', 1);
  return line.length > 60 || line.length < source.trim().length ? `${line.slice(0, 60)}…` : line;
}
