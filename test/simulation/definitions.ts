import { Agent, Crew, type CrewError, inMemory, type Model, Task } from 'crewline';
import type { Broken } from './check.ts';
import { type Draw, drawFor } from './draw.ts';

const model: Model = {
  name: 'silent',
  async *generate() {
    yield { type: 'end', finishReason: 'stop' };
  },
};
const engine = inMemory();
const agent = new Agent({ role: 'Ada', goal: 'Answer', backstory: 'Long', model });
const done = () => null;

/** What a seed says of definitions, which no run is needed for. */
export function definitionsBroken(seed: number): readonly Broken[] {
  const draw = drawFor(seed, 'definitions');
  return [
    ...cyclesAreFound(draw).map((what) => ({ invariant: 'cyclesAreFound', what })),
    ...missingNamesAreTold(draw).map((what) => ({ invariant: 'missingNamesAreTold', what })),
  ];
}

/** I15: a crew is refused because of a cycle exactly when Kahn's algorithm finds one, and the path told is one. */
function cyclesAreFound(draw: Draw): readonly string[] {
  const size = draw.between(2, 6);
  const edges = Array.from({ length: size }, () =>
    draw.some(
      Array.from({ length: size }, (_, at) => at),
      1.2 / size,
    ),
  );
  const tasks = edges.map(
    (sources, at) => new Task({ name: `t${at}`, dependsOn: sources.map((other) => `t${other}`), execute: done }),
  );
  const cyclic = hasCycle(edges);
  try {
    new Crew({ name: 'graph', tasks, process: 'parallel', engine });
    return cyclic ? [`no cycle was found in ${JSON.stringify(edges)}`] : [];
  } catch (thrown) {
    const { code, path } = problemOf(thrown);
    if (!cyclic) return [`${code} for ${JSON.stringify(edges)}, which has no cycle`];
    if (code !== 'GRAPH_CYCLE') return [`a cycle was told as ${code}`];
    const real = path.every((name, at) => at === path.length - 1 || isEdge(edges, name, path[at + 1] ?? ''));
    return real && path.length > 1 && path[0] === path.at(-1)
      ? []
      : [`${path.join(' → ')} is no cycle of ${JSON.stringify(edges)}`];
  }
}

function problemOf(thrown: unknown): { readonly code: string; readonly path: readonly string[] } {
  const error = Object(thrown);
  return { code: String(error.code ?? thrown), path: error.problems?.[0]?.path ?? [] };
}

/** In the path of a cycle each waits for the next, or the other way round: both walk along it. */
function isEdge(edges: readonly (readonly number[])[], a: string, b: string): boolean {
  const [from, to] = [Number(a.slice(1)), Number(b.slice(1))];
  return edges[from]?.includes(to) === true || edges[to]?.includes(from) === true;
}

/** Kahn 1962: take away what waits for nothing, until nothing is left or everything left waits. */
function hasCycle(edges: readonly (readonly number[])[]): boolean {
  const left = new Set(edges.keys());
  for (let found = true; found; ) {
    found = false;
    for (const at of left) {
      if (edges[at]?.some((source) => left.has(source))) continue;
      left.delete(at);
      found = true;
    }
  }
  return left.size > 0;
}

/** A small stock of templates, so that each is compiled once: free variables and those only asked for. */
const PIECES = [
  { text: '{{a}}', free: ['a'] },
  { text: '{{b}} and {{c}}', free: ['b', 'c'] },
  { text: '{{#if d}}{{d}}{{/if}}', free: [] },
  { text: '{{#if d}}{{e}}{{/if}}', free: ['e'] },
  { text: 'plain', free: [] },
] as const;
const INPUTS = ['a', 'b', 'c', 'd', 'e'] as const;

const crews = new Map<string, Crew>();

/** One crew for each description: making it compiles the template. */
function crewOf(description: string): Crew {
  const known = crews.get(description);
  if (known !== undefined) return known;
  const task = new Task({ name: 'only', description, expectedOutput: 'Text', agent });
  const crew = new Crew({ name: 'template', agents: [agent], tasks: [task], engine });
  crews.set(description, crew);
  return crew;
}

/** I16: the names told to be missing are the free variables less the inputs, and values are never expanded again. */
function missingNamesAreTold(draw: Draw): readonly string[] {
  const pieces = draw.some(PIECES, 0.5);
  const given = draw.some(INPUTS, 0.7);
  const inputs = Object.fromEntries(given.map((name) => [name, `{{${draw.pick(INPUTS)}}} of ${name}`]));
  const free = new Set(pieces.flatMap((piece): readonly string[] => piece.free));
  const missing = [...free].filter((name) => !given.some((other) => other === name)).sort();
  const description = ['Do it:', ...pieces.map(({ text }) => text)].join(' ');
  const crew = crewOf(description);
  try {
    const [, user] = crew.renderPrompt('only', { inputs });
    if (missing.length > 0) return [`nothing was missed in ${description} with ${given}`];
    // What only stands inside a condition that is not met is printed by nothing.
    const printed = given.filter((name) => free.has(name) && (name !== 'e' || given.includes('d')));
    const wrong = printed.filter((name) => user?.content.includes(String(inputs[name])) !== true);
    return wrong.map((name) => `the value of ${name} was expanded`);
  } catch (thrown) {
    const { message, code } = errorOf(thrown);
    if (code !== 'TEMPLATE') return [`${code} instead of TEMPLATE: ${message}`];
    const told = INPUTS.filter((name) => new RegExp(`[{"]${name}["}]`).test(message)).sort();
    return told.join() === missing.join() ? [] : [`missing are ${missing}, told are ${told}: ${message}`];
  }
}

function errorOf(thrown: unknown): Pick<CrewError, 'message'> & { readonly code: string } {
  const error = Object(thrown);
  return { code: String(error.code), message: String(error.message) };
}
