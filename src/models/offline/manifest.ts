import { isObject, parseJson } from '../../internal/json.ts';
import type { Paper } from './dossier.ts';
import { depthOf, nameOf } from './paths.ts';

/** One package that a project asks for. */
export interface Dependency {
  readonly name: string;
  readonly range: string;
}

/** What a project says of itself in its manifest. */
export interface Manifest {
  readonly path: string;
  readonly name: string | undefined;
  readonly version: string | undefined;
  readonly description: string | undefined;
  readonly license: string | undefined;
  /** `Node >=20`, `Python >=3.10`. */
  readonly engines: readonly string[];
  readonly dependencies: readonly Dependency[];
  readonly development: readonly Dependency[];
  readonly peers: readonly Dependency[];
  readonly optional: readonly Dependency[];
  readonly scripts: ReadonlyMap<string, string>;
  /** Files through which the package is used, each with what it is for. */
  readonly entries: readonly { readonly file: string; readonly use: string }[];
  readonly moduleType: string | undefined;
  readonly workspaces: readonly string[];
}

/** The names of manifests that can be read. */
export const MANIFESTS: readonly string[] = [
  'package.json',
  'pyproject.toml',
  'Cargo.toml',
  'go.mod',
  'requirements.txt',
];

/** The manifest nearest to the top, of those that were read. */
export function mainManifest(papers: readonly Paper[]): Manifest | undefined {
  const found = papers.filter((paper) => MANIFESTS.includes(nameOf(paper.path)) && !paper.cut);
  found.sort(
    (a, b) =>
      depthOf(a.path) - depthOf(b.path) || MANIFESTS.indexOf(nameOf(a.path)) - MANIFESTS.indexOf(nameOf(b.path)),
  );
  for (const paper of found) {
    const manifest = nameOf(paper.path) === 'package.json' ? readPackageJson(paper) : readOther(paper);
    if (manifest !== undefined) return manifest;
  }
  return undefined;
}

type Fields = { readonly [key: string]: unknown };
const NO_FIELDS: Fields = {};

function fields(value: unknown): Fields {
  return isObject(value) ? value : NO_FIELDS;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
}

function texts(value: unknown): [string, string][] {
  return Object.entries(fields(value)).flatMap(([key, entry]): [string, string][] =>
    typeof entry === 'string' ? [[key, entry]] : [],
  );
}

function dependenciesIn(value: unknown): Dependency[] {
  return texts(value).map(([name, range]) => ({ name, range }));
}

function readPackageJson(paper: Paper): Manifest | undefined {
  const parsed = parseJson(paper.text);
  if (!parsed.ok || !isObject(parsed.value)) return undefined;
  const all: Fields = parsed.value;
  const license = all['license'];
  const workspaces = Array.isArray(all['workspaces']) ? all['workspaces'] : fields(all['workspaces'])['packages'];
  return {
    path: paper.path,
    name: textOf(all['name']),
    version: textOf(all['version']),
    description: textOf(all['description']),
    license: textOf(license) ?? textOf(fields(license)['type']),
    engines: texts(all['engines']).map(([name, range]) => `${name === 'node' ? 'Node' : name} ${range}`),
    dependencies: dependenciesIn(all['dependencies']),
    development: dependenciesIn(all['devDependencies']),
    peers: dependenciesIn(all['peerDependencies']),
    optional: dependenciesIn(all['optionalDependencies']),
    scripts: new Map(texts(all['scripts'])),
    entries: entriesOf(all),
    moduleType: textOf(all['type']),
    workspaces: Array.isArray(workspaces) ? workspaces.filter((entry) => typeof entry === 'string') : [],
  };
}

function entriesOf(all: Fields): Manifest['entries'] {
  const entries: { file: string; use: string }[] = [];
  const add = (file: unknown, use: string): void => {
    if (typeof file !== 'string' || file.includes('*')) return;
    const clean = file.startsWith('./') ? file.slice(2) : file;
    if (!entries.some((entry) => entry.file === clean || entry.use === use)) entries.push({ file: clean, use });
  };
  const exported = all['exports'];
  if (typeof exported === 'string') add(exported, 'the package itself');
  for (const [key, target] of Object.entries(fields(exported))) {
    const use =
      key === '.' || !key.startsWith('.') ? 'the package itself' : `\`${textOf(all['name']) ?? ''}${key.slice(1)}\``;
    // `./name.js` beside `./name` is the same way in.
    if (key !== './package.json' && !/\.\w{1,5}$/.test(key)) add(targetOf(target), use);
  }
  add(all['main'] ?? all['module'], 'the package itself');
  add(all['types'] ?? all['typings'], 'its types');
  const bin = all['bin'];
  if (typeof bin === 'string') add(bin, `the command \`${textOf(all['name']) ?? 'bin'}\``);
  for (const [name, file] of texts(bin)) add(file, `the command \`${name}\``);
  return entries;
}

/** The file behind conditions such as `import` and `default`. */
function targetOf(target: unknown): string | undefined {
  if (typeof target === 'string') return target;
  const conditions = fields(target);
  for (const key of ['import', 'default', 'node', 'require', 'types']) {
    const found = conditions[key] === undefined ? undefined : targetOf(conditions[key]);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** TOML, `go.mod` and `requirements.txt`: the few lines that matter, read as lines. */
function readOther(paper: Paper): Manifest | undefined {
  const values = new Map<string, string>();
  const dependencies: Dependency[] = [];
  const development: Dependency[] = [];
  const kind = nameOf(paper.path);
  let table = '';
  for (const raw of paper.text.split('\n')) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#') || line.startsWith('//')) continue;
    if (line.startsWith('[') && line.endsWith(']') && kind.endsWith('.toml')) table = line.slice(1, -1).trim();
    else if (kind === 'requirements.txt') dependencies.push(...requirement(line));
    else if (kind === 'go.mod') goLine(line, values, dependencies);
    else {
      const equals = line.indexOf('=');
      const key = equals === -1 ? '' : line.slice(0, equals).trim();
      const value = equals === -1 ? line : line.slice(equals + 1).trim();
      if (table === 'dependencies' || table === 'tool.poetry.dependencies')
        dependencies.push({ name: key, range: versionIn(value) });
      else if (table === 'dev-dependencies' || table.endsWith('dev.dependencies'))
        development.push({ name: key, range: versionIn(value) });
      else if (['project', 'package', 'tool.poetry'].includes(table)) {
        if (key === 'dependencies' || (key === '' && values.has('dependencies'))) {
          values.set('dependencies', '');
          dependencies.push(
            ...value
              .split('"')
              .filter((_, index) => index % 2 === 1)
              .flatMap(requirement),
          );
        } else if (key !== '') values.set(key, unquoted(value));
      }
    }
  }
  const python = values.get('requires-python');
  const go = values.get('go');
  const rust = values.get('rust-version');
  return {
    path: paper.path,
    name: values.get('name'),
    version: values.get('version'),
    description: values.get('description'),
    license: values.get('license'),
    engines: [
      ...(python === undefined ? [] : [`Python ${python}`]),
      ...(go === undefined ? [] : [`Go ${go}`]),
      ...(rust === undefined ? [] : [`Rust ${rust}`]),
    ],
    dependencies,
    development,
    peers: [],
    optional: [],
    scripts: new Map(),
    entries: [],
    moduleType: undefined,
    workspaces: [],
  };
}

function goLine(line: string, values: Map<string, string>, dependencies: Dependency[]): void {
  const [first = '', second = '', third = ''] = line.split(' ').filter((word) => word !== '');
  if (first === 'module') values.set('name', second);
  else if (first === 'go') values.set('go', second);
  else if (first === 'require' && third !== '') dependencies.push({ name: second, range: third });
  else if (first.includes('.') && second.startsWith('v') && !line.endsWith('// indirect'))
    dependencies.push({ name: first, range: second });
}

function requirement(line: string): Dependency[] {
  const found = /^([A-Za-z0-9][\w.-]*)(?:\[[^\]]{0,80}\])?\s?(.{0,60})/.exec(line);
  const name = found?.[1];
  return name === undefined ? [] : [{ name, range: (found?.[2] ?? '').split(/[;#]/)[0]?.trim() ?? '' }];
}

function versionIn(value: string): string {
  if (value.startsWith('{')) return /version = "([^"]{0,60})"/.exec(value)?.[1] ?? '';
  return unquoted(value);
}

function unquoted(value: string): string {
  return value.length > 1 && '"\''.includes(value[0] ?? '') ? value.slice(1, -1) : value;
}
