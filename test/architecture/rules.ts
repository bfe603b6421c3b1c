import { posix } from 'node:path';
import type { SourceFile } from './read-source.ts';

const GROUND = ['errors', 'error-codes', 'events', 'usage', 'spec', 'internal'];
const NOUNS = [
  'agent',
  'task',
  'task-shape',
  'task-failure',
  'task-review',
  'process',
  'tool',
  'result',
  'types',
  'definition',
];
const INNER = ['plan', 'prompts', 'calls', 'loop', 'run'];
/** The crew: where the rooms meet. */
const WIRING = ['crew', 'ask'];
const WINGS = ['models', 'tools', 'engines', 'telemetry'];

/** What each room may import besides itself: the picture in src/README.md. */
const ALLOWED = new Map<string, readonly string[]>([
  ...GROUND.map((room) => [room, GROUND] as const),
  ...NOUNS.map((room) => [room, [...GROUND, ...NOUNS]] as const),
  ['prompts', GROUND],
  ['plan', [...GROUND, ...NOUNS, 'prompts']],
  ['calls', [...GROUND, ...NOUNS]],
  ['loop', [...GROUND, ...NOUNS, 'prompts', 'calls']],
  ['run', [...GROUND, ...NOUNS, 'plan', 'loop', 'prompts', 'calls']],
  ...WINGS.map((room) => [room, [...GROUND, ...NOUNS]] as const),
  ['models', [...GROUND, ...NOUNS, 'calls']],
  ['engines', [...GROUND, ...NOUNS, 'calls']],
  ['testing', [...GROUND, ...NOUNS, ...WINGS]],
  ...WIRING.map((room) => [room, [...GROUND, ...NOUNS, ...INNER, ...WINGS, ...WIRING]] as const),
  ['index', [...GROUND, ...NOUNS, 'plan', 'prompts', ...WIRING, 'models', 'engines']],
  ['cli', [...GROUND, 'index', 'testing', ...WINGS]],
]);

/** The one file that loads built-ins and packages on first use, for code that may not wait. */
const LAZY = 'src/internal/lazy.ts';
const CASTS_IN = 'src/types.ts';
const MOST_CASTS = 10;
const MOST_LINES = 300;
const EMPTY_WORDS = /utils|helpers|common|manager|handler|base|impl/;
/** The hierarchical process's manager is the one exception. */
const MANAGER = /^src\/(run|plan|prompts)\/[a-z-]*manager[a-z-]*\.ts$/;
const NO_NODE = [...GROUND, ...NOUNS, ...INNER, ...WIRING, 'index'];
const MAY_READ_CLOCK = ['cli', 'telemetry', 'testing'];

/** A file's room: its folder in `src/`, or its own name there. */
function roomOf(path: string): string {
  return path.replace(/^src\//, '').replace(/\/.*|\.ts$/, '');
}

const isFile = (to: string) => to.startsWith('src/');

/** Everything in `files` that the house does not allow, one sentence each. */
export function violationsIn(files: readonly SourceFile[]): string[] {
  const byPath = new Map(files.map((file) => [file.path, file]));
  return [...files.flatMap(brokenRules), ...loopsIn(byPath), ...heavyImports(byPath)];
}

function brokenRules({ path, lines, imports, casts, loopholes, ambient }: SourceFile): string[] {
  const found: string[] = [];
  const room = roomOf(path);
  const allowed = ALLOWED.get(room);
  if (allowed === undefined) found.push(`${path}: the house has no room "${room}"`);
  for (const { to, kind } of imports) {
    const target = roomOf(to);
    if (to === 'crewline' || to.startsWith('crewline/')) found.push(`${path}: imports ${to}, the package itself`);
    if (isFile(to) && target !== room && !allowed?.includes(target))
      found.push(`${path}: ${room} may not import ${to}`);
    if (to.startsWith('node:') && kind === 'value' && NO_NODE.includes(room)) found.push(`${path}: imports ${to}`);
  }
  if (lines > MOST_LINES) found.push(`${path}: ${lines} lines, ${MOST_LINES} is the cap`);
  if (EMPTY_WORDS.test(posix.basename(path)) && !MANAGER.test(path)) found.push(`${path}: a name that says nothing`);
  if (casts > (path === CASTS_IN ? MOST_CASTS : 0)) found.push(`${path}: ${casts} casts`);
  if (loopholes > 0) found.push(`${path}: any or ! (${loopholes})`);
  if (path !== 'src/internal/runtime.ts' && !MAY_READ_CLOCK.includes(room)) {
    for (const name of ambient) found.push(`${path}: ${name} instead of the Runtime`);
  }
  return found;
}

/** Loops of imports, types too. What is loaded on first use closes no loop. */
function loopsIn(files: ReadonlyMap<string, SourceFile>): string[] {
  const done = new Set<string>();
  const found: string[] = [];
  const visit = (path: string, trail: readonly string[]) => {
    if (trail.includes(path)) found.push(`loop: ${[...trail.slice(trail.indexOf(path)), path].join(' → ')}`);
    if (trail.includes(path) || done.has(path)) return;
    for (const { to, kind } of files.get(path)?.imports ?? []) if (kind !== 'dynamic') visit(to, [...trail, path]);
    done.add(path);
  };
  for (const path of files.keys()) visit(path, []);
  return found;
}

/** Built-ins and packages that `import 'crewline'` would load. */
function heavyImports(files: ReadonlyMap<string, SourceFile>): string[] {
  const trails = new Map([['src/index.ts', 'src/index.ts']]);
  const found: string[] = [];
  for (const [path, trail] of trails) {
    if (path === LAZY) continue;
    for (const { to, kind } of files.get(path)?.imports ?? []) {
      if (kind !== 'value' || trails.has(to)) continue;
      if (isFile(to)) trails.set(to, `${trail} → ${to}`);
      else found.push(`the root import loads ${to}: ${trail}`);
    }
  }
  return found;
}
