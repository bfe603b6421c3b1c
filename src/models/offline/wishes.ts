import type { Conversation } from './conversation.ts';
import type { Dossier } from './dossier.ts';
import { MANIFESTS, mainManifest } from './manifest.ts';
import { depthOf, folderOf, isCode, isDocument, isNamed, kindOf, type ListedFile, nameOf } from './paths.ts';
import { sourceFiles, testFiles } from './sources.ts';
import { keywords, subjectOf } from './subject.ts';
import { MARKERS, WARNING_SIGNS } from './topics/risks.ts';
import type { Topic } from './topics.ts';
import { termsOf } from './words.ts';

/** Larger program files are mostly made by machines. */
const LARGEST_WORTH_READING = 200_000;
const MODULES = 10;
const TEST_FILES = 6;
const DOCUMENTS = 12;

/** Files that the text of a task names, whether they are listed or not. */
export function namedFiles(text: string): string[] {
  const words = text
    .split(/[\s"'`()<>[\],;]/)
    .map((word) => (word.endsWith('.') || word.endsWith(':') ? word.slice(0, -1) : word));
  return [
    ...new Set(
      words.filter(
        (word) =>
          /^[\w.@-][\w./@-]{2,199}$/.test(word) &&
          /\.[a-z]\w{0,5}$/i.test(word) &&
          !word.includes('..') &&
          !/^\d/.test(word) &&
          kindOf(word) !== 'other',
      ),
    ),
  ];
}

/** What to read for the topics, most useful first. Grows as results come in: entry points follow from a manifest. */
export function filesToRead(topics: readonly Topic[], task: Conversation, dossier: Dossier): string[] {
  const question = `${task.description}\n${task.expected}`;
  const paths = dossier.files.map((file) => file.path);
  const named = namedFiles(question).flatMap((name) =>
    paths.filter((path) => path === name || path.endsWith(`/${name}`)).slice(0, 3),
  );
  const wishes = topics.flatMap((topic) => wishesFor(topic, question, dossier));
  const basics = topics.some((topic) => topic !== 'prose') ? [...manifests(paths).slice(0, 2), ...readmes(paths)] : [];
  return [...new Set([...named, ...basics, ...wishes])];
}

function wishesFor(topic: Topic, question: string, dossier: Dossier): string[] {
  const paths = dossier.files.map((file) => file.path);
  switch (topic) {
    case 'files':
    case 'about':
      return [];
    case 'dependencies':
      return manifests(paths).slice(0, 4);
    case 'structure':
      return [...guides(paths), ...entryFiles(dossier), ...modules(dossier.files)].slice(0, MODULES + 6);
    case 'tests':
      return testsToRead(dossier.files);
    case 'risks':
      return paths.filter((path) => isNamed(path, 'security') && depthOf(path) < 2);
    case 'prose':
      return documents(question, dossier);
  }
}

/** Those at the top; where there is none, those nearest to it. */
function manifests(paths: readonly string[]): string[] {
  const all = paths.filter((path) => MANIFESTS.includes(nameOf(path)) && depthOf(path) <= 2);
  const top = all.filter((path) => depthOf(path) === 0);
  return top.length > 0 ? top : all.sort((a, b) => depthOf(a) - depthOf(b));
}

function readmes(paths: readonly string[]): string[] {
  const found = paths.filter((path) => isNamed(path, 'readme') && isDocument(path) && depthOf(path) === 0);
  return found.sort((a, b) => a.length - b.length).slice(0, 1);
}

/** Documents about how it is built. */
function guides(paths: readonly string[]): string[] {
  const stems = ['architecture', 'design', 'internals', 'structure', 'overview', 'contributing'];
  const docs = paths.filter((path) => isDocument(path));
  return [
    ...docs.filter((path) => /^(?:src|lib)\/readme\./i.test(path)),
    ...docs.filter((path) => stems.some((stem) => isNamed(path, stem))),
  ].slice(0, 3);
}

/** The manifest's entry points; of a compiled one, the source that it was made from. */
function entryFiles(dossier: Dossier): string[] {
  const paths = new Set(dossier.files.map((file) => file.path));
  const entries = mainManifest(dossier.papers)?.entries ?? [];
  const sources = entries.flatMap(({ file }) => {
    const stem = file.slice(0, file.lastIndexOf('.'));
    const inner = stem.slice(stem.indexOf('/') + 1);
    const made = [stem, inner].flatMap((name) => ['ts', 'tsx', 'mts', 'js', 'mjs'].map((end) => `src/${name}.${end}`));
    return [...made, file].filter((path) => paths.has(path)).slice(0, 1);
  });
  const usual = ['src/index', 'index', 'src/main', 'main', 'lib/index', 'src/lib', 'src/cli'].flatMap((stem) =>
    ['ts', 'tsx', 'js', 'mjs', 'py', 'rs', 'go'].map((ending) => `${stem}.${ending}`),
  );
  return [...sources.filter(isCode), ...usual.filter((path) => paths.has(path))];
}

/** One telling file of each folder with code, from the fullest folders. */
function modules(files: readonly ListedFile[]): string[] {
  const rooms = new Map<string, ListedFile[]>();
  for (const file of sourceFiles(files)) {
    if ((file.bytes ?? 0) > LARGEST_WORTH_READING) continue;
    const room = folderOf(file.path);
    rooms.set(room, [...(rooms.get(room) ?? []), file]);
  }
  const fullest = [...rooms].sort((a, b) => depthOf(a[0]) - depthOf(b[0]) || b[1].length - a[1].length);
  const chosen = fullest.flatMap(([, inside]) => byUse(inside).slice(0, 1));
  const second = fullest.flatMap(([, inside]) => byUse(inside).slice(1, 3));
  return [...chosen, ...second].slice(0, MODULES).map((file) => file.path);
}

/** Largest first; an index or a file of types says little about the work done. */
function byUse(files: readonly ListedFile[]): ListedFile[] {
  const dull = (file: ListedFile): number => (/^(?:index|types|constants|version)\./.test(nameOf(file.path)) ? 1 : 0);
  return [...files].sort((a, b) => dull(a) - dull(b) || (b.bytes ?? 0) - (a.bytes ?? 0));
}

function testsToRead(files: readonly ListedFile[]): string[] {
  const tests = testFiles(files).filter((file) => (file.bytes ?? 0) < LARGEST_WORTH_READING);
  const perFolder = new Map<string, ListedFile>();
  for (const file of tests) {
    const best = perFolder.get(folderOf(file.path));
    if (best === undefined || (file.bytes ?? 0) > (best.bytes ?? 0)) perFolder.set(folderOf(file.path), file);
  }
  const first = [...perFolder.values()].sort((a, b) => (b.bytes ?? 0) - (a.bytes ?? 0));
  const rest = tests.filter((file) => !first.includes(file)).sort((a, b) => (b.bytes ?? 0) - (a.bytes ?? 0));
  return [...first, ...rest].slice(0, TEST_FILES).map((file) => file.path);
}

/** Documents that fit the question: by their path, by how often a search met them, then READMEs, then the rest. */
function documents(question: string, dossier: Dossier): string[] {
  const wanted = new Set(termsOf(subjectOf(question) ?? question));
  const hits = new Map<string, number>();
  for (const search of dossier.searches) {
    const files = new Set(search.hits.map((hit) => hit.path));
    // A word that is everywhere tells little about any one file.
    for (const path of files) hits.set(path, (hits.get(path) ?? 0) + 1 / Math.sqrt(files.size));
  }
  const docs = dossier.files.filter((file) => isDocument(file.path));
  const met = docs.filter((file) => hits.has(file.path) || termsOf(file.path).some((term) => wanted.has(term)));
  const readable = met.length > 0 ? met : docs.length > 0 ? docs : dossier.files.filter((file) => hits.has(file.path));
  const scored = readable.map((file) => {
    const named = termsOf(file.path).filter((term) => wanted.has(term)).length;
    const kind = isDocument(file.path) ? 0.3 : 0;
    const dull = ['license', 'licence', 'changelog', 'history', 'authors'].some((stem) => isNamed(file.path, stem))
      ? -1
      : 0;
    const readme = isNamed(file.path, 'readme') ? 0.2 : 0;
    return {
      path: file.path,
      score: named + (hits.get(file.path) ?? 0) * 2 + kind + readme + dull - depthOf(file.path) * 0.05,
    };
  });
  scored.sort((a, b) => b.score - a.score || (a.path < b.path ? -1 : 1));
  return scored
    .filter((one) => one.score > 0)
    .slice(0, DOCUMENTS)
    .map((one) => one.path);
}

/** What to search for: in program text, or everywhere. */
export interface Wanted {
  readonly query: string;
  readonly inCode: boolean;
}

/** The searches that the topics call for. */
export function searches(topics: readonly Topic[], task: Conversation, dossier: Dossier): Wanted[] {
  return topics.flatMap((topic): Wanted[] => {
    if (topic === 'risks') return [...MARKERS, ...WARNING_SIGNS.keys()].map((query) => ({ query, inCode: true }));
    if (topic === 'dependencies') {
      const manifest = mainManifest(dossier.papers);
      const all = [...(manifest?.dependencies ?? []), ...(manifest?.peers ?? [])];
      return all.slice(0, 6).map((entry) => ({ query: entry.name, inCode: true }));
    }
    if (topic === 'prose') return keywords(task.description).map((query) => ({ query, inCode: false }));
    return [];
  });
}
