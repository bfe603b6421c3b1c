/** A file that a tool listed. */
export interface ListedFile {
  readonly path: string;
  readonly bytes: number | undefined;
}

const KINDS: { readonly [ending: string]: string } = {
  ts: 'TypeScript',
  tsx: 'TypeScript',
  mts: 'TypeScript',
  cts: 'TypeScript',
  js: 'JavaScript',
  jsx: 'JavaScript',
  mjs: 'JavaScript',
  cjs: 'JavaScript',
  json: 'JSON',
  jsonl: 'JSON',
  json5: 'JSON',
  jsonc: 'JSON',
  md: 'Markdown',
  markdown: 'Markdown',
  mdx: 'Markdown',
  rst: 'reStructuredText',
  txt: 'plain text',
  adoc: 'AsciiDoc',
  py: 'Python',
  go: 'Go',
  rs: 'Rust',
  java: 'Java',
  kt: 'Kotlin',
  rb: 'Ruby',
  php: 'PHP',
  cs: 'C#',
  swift: 'Swift',
  c: 'C',
  h: 'C',
  cc: 'C++',
  cpp: 'C++',
  hpp: 'C++',
  lua: 'Lua',
  ex: 'Elixir',
  exs: 'Elixir',
  scala: 'Scala',
  html: 'HTML',
  css: 'CSS',
  scss: 'CSS',
  less: 'CSS',
  vue: 'Vue',
  svelte: 'Svelte',
  hbs: 'Handlebars',
  sql: 'SQL',
  yml: 'YAML',
  yaml: 'YAML',
  toml: 'TOML',
  xml: 'XML',
  csv: 'CSV',
  sh: 'shell',
  bash: 'shell',
  ps1: 'PowerShell',
  png: 'images',
  jpg: 'images',
  jpeg: 'images',
  gif: 'images',
  svg: 'images',
  webp: 'images',
  ico: 'images',
  map: 'source maps',
  wasm: 'WebAssembly',
  lock: 'lockfiles',
  snap: 'snapshots',
  pdf: 'PDF',
};
const CODE = new Set([
  'TypeScript',
  'JavaScript',
  'Python',
  'Go',
  'Rust',
  'Java',
  'Kotlin',
  'Ruby',
  'PHP',
  'C#',
  'Swift',
  'C',
  'C++',
  'Lua',
  'Elixir',
  'Scala',
  'Vue',
  'Svelte',
]);
const DOCS = new Set(['Markdown', 'reStructuredText', 'plain text', 'AsciiDoc']);
/** Files that hold which versions were installed. */
export const LOCKFILES: readonly string[] = [
  'package-lock.json',
  'npm-shrinkwrap.json',
  'yarn.lock',
  'pnpm-lock.yaml',
  'bun.lock',
  'bun.lockb',
  'poetry.lock',
  'uv.lock',
  'Pipfile.lock',
  'Cargo.lock',
  'go.sum',
  'Gemfile.lock',
  'composer.lock',
];

/** The name behind the last slash. */
export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** The folder of a path, with a slash behind it; empty at the top. */
export function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/') + 1);
}

/** The first folder of a path, with a slash behind it; empty at the top. */
export function topFolder(path: string): string {
  return path.slice(0, path.indexOf('/') + 1);
}

/** How many folders stand above a file. */
export function depthOf(path: string): number {
  return path.split('/').length - 1;
}

/** What a file is, by its ending: `TypeScript`, `Markdown`, `other`. */
export function kindOf(path: string): string {
  const name = nameOf(path).toLowerCase();
  if (name.endsWith('.d.ts') || name.endsWith('.d.mts') || name.endsWith('.d.cts')) return 'type declarations';
  const dot = name.lastIndexOf('.');
  const ending = dot === -1 ? '' : name.slice(dot + 1);
  return Object.hasOwn(KINDS, ending) ? (KINDS[ending] ?? 'other') : 'other';
}

/** True for program text that a person wrote; a bundle made by a machine is none. */
export function isCode(path: string): boolean {
  return CODE.has(kindOf(path)) && !nameOf(path).includes('.min.');
}

/** True for what is written to be read. */
export function isDocument(path: string): boolean {
  return DOCS.has(kindOf(path));
}

/** True for a file of this well-known name, whatever its ending and case: `README.md` is a `readme`. */
export function isNamed(path: string, stem: string): boolean {
  const name = nameOf(path).toLowerCase();
  return name === stem || name.startsWith(`${stem}.`) || name.startsWith(`${stem}-`);
}

/** Steps through `./` and `../` from a file: what a relative import leads to, without its ending. */
export function relativeTo(file: string, target: string): string {
  const names = folderOf(file)
    .split('/')
    .filter((name) => name !== '');
  for (const name of target.split('/')) {
    if (name === '..') names.pop();
    else if (name !== '.' && name !== '') names.push(name);
  }
  return names.join('/');
}

/** Bytes as a person reads them. 1 KB is 1,024 bytes. */
export function shownSize(bytes: number): string {
  if (bytes < 1024) return `${bytes} bytes`;
  const [value, unit] = bytes < 1024 ** 2 ? [bytes / 1024, 'KB'] : [bytes / 1024 ** 2, 'MB'];
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${unit}`;
}

/** Reads `4.2 KB` back; undefined when it is no size. */
export function sizeIn(text: string): number | undefined {
  const [value = '', unit = ''] = text.trim().split(' ');
  const factor = { bytes: 1, byte: 1, KB: 1024, MB: 1024 ** 2, GB: 1024 ** 3 }[unit];
  const number = Number(value);
  return factor === undefined || value === '' || !Number.isFinite(number) ? undefined : Math.round(number * factor);
}
