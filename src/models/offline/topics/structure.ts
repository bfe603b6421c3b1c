import { type CodeFile, type Declaration, readCode } from '../code.ts';
import type { Dossier } from '../dossier.ts';
import { mainManifest } from '../manifest.ts';
import { folderOf, isCode, isDocument, kindOf, type ListedFile, nameOf, relativeTo, topFolder } from '../paths.ts';
import { isTestSide, sourceFiles } from '../sources.ts';
import { counted, few, wordsOf } from '../words.ts';
import { code, type Finding, quoted, tally } from './finding.ts';
import { proseAbout } from './prose.ts';

type Counted = readonly [string, number];

const MODULES = 7;
const SUBJECT = 'architecture design structure module layer component internals layout';

/** How the code is laid out: folders, ways in, what the main files say of themselves, and what most of them import. */
export function structureTopic(dossier: Dossier): Finding[] {
  const manifest = mainManifest(dossier.papers);
  const found = layout(sourceFiles(dossier.files));
  if (found.length === 0 && dossier.listed) {
    const among = dossier.fileCount === 0 ? '' : ` among the ${counted(dossier.files.length, 'file')}`;
    found.push({ text: `There is no source code${among}.` });
  }
  const ways = (manifest?.entries ?? []).filter((entry) => entry.use !== 'its types');
  const entries = ways.map((entry) => `${code(entry.file)} (${entry.use})`);
  if (entries.length > 0) {
    found.push({
      text: `${entries.length === 1 ? 'The way in is' : 'The ways in are'} ${few(entries, 5)}.`,
      source: manifest?.path,
    });
  }
  const read = dossier.papers
    .filter((paper) => isCode(paper.path) && !isTestSide(paper.path))
    .map((paper) => readCode(paper.path, paper.text));
  found.push(...read.flatMap(moduleFinding).slice(0, MODULES), ...leanedOn(read, dossier.files));
  const documents = { ...dossier, papers: dossier.papers.filter((paper) => isDocument(paper.path)) };
  return [...found, ...proseAbout(documents, SUBJECT, { count: 3, least: 2 })];
}

function layout(sources: readonly ListedFile[]): Finding[] {
  if (sources.length === 0) return [];
  const folders = tally(sources, (file) => topFolder(file.path)).filter(([folder]) => folder !== '');
  const [largest] = folders;
  const languages = tally(sources, (file) => kindOf(file.path)).map(([kind]) => kind);
  const lead = `The code is ${few(languages, 3)}: ${counted(sources.length, 'source file')}`;
  if (largest === undefined) return [{ text: `${lead}, at the top of the folder.` }];
  const inside = sources.filter((file) => file.path.startsWith(largest[0]));
  const found: Finding[] = [{ text: `${lead}, ${whereabouts(largest, folders, sources.length)}.` }];
  const rooms = tally(inside, (file) => secondFolder(file.path)).filter(([room]) => room !== '');
  if (rooms.length > 1)
    found.push({ text: `Within ${code(largest[0])} the files lie in ${few(rooms.map(shown), 12)}.` });
  else if (folders.length > 1) found.push({ text: `The folders with code are ${few(folders.map(shown), 10)}.` });
  return found;
}

function whereabouts(largest: Counted, folders: readonly Counted[], total: number): string {
  if (largest[1] === total) return `all below ${code(largest[0])}`;
  if (largest[1] * 2 > total) return `most of them below ${code(largest[0])} (${largest[1]})`;
  const top = total - folders.reduce((sum, [, count]) => sum + count, 0);
  return `in ${few([...folders.map(shown), ...(top > 0 ? [`the top folder (${top})`] : [])], 4)}`;
}

function shown([folder, count]: Counted): string {
  return `${code(folder)} (${count})`;
}

function secondFolder(path: string): string {
  const [first = '', second] = folderOf(path).split('/');
  return second === undefined || second === '' ? '' : `${first}/${second}/`;
}

/** What one file exports, and what its comments say of that; nothing when they say nothing and it exports little. */
function moduleFinding(file: CodeFile): Finding[] {
  const exported = file.declarations.filter((one) => one.exported).sort((a, b) => rank(a, file) - rank(b, file));
  const names = [...new Set(exported.map((one) => one.name))];
  const main = exported.find((one) => one.about !== undefined);
  const subject = code(file.path);
  const list = `exports ${few(names.map(code), 4)}`;
  if (file.about !== undefined) {
    const also = names.length === 0 ? '' : `; it ${list}`;
    return [
      {
        text: `${subject} opens with the words ${quoted(file.about)}${also === '' ? '' : `${also}.`}`,
        quote: file.about,
      },
    ];
  }
  if (main?.about !== undefined) {
    return [{ text: `${subject} ${list}, and says of ${code(main.name)}: ${quoted(main.about)}`, quote: main.about }];
  }
  return names.length < 2 ? [] : [{ text: `${subject} ${list}.` }];
}

/** What the file is named after comes first, then what does something, then types. */
function rank(declaration: Declaration, file: CodeFile): number {
  const own = wordsOf(nameOf(file.path).split('.')[0] ?? '').join('');
  if (declaration.name.toLowerCase() === own.split(' ').join('')) return 0;
  if (declaration.about !== undefined && ['class', 'function'].includes(declaration.kind)) return 1;
  return ['interface', 'type'].includes(declaration.kind) ? 3 : 2;
}

/** The local files that most of the files read import. */
function leanedOn(read: readonly CodeFile[], files: readonly ListedFile[]): Finding[] {
  if (read.length < 4) return [];
  const paths = new Set(files.map((file) => file.path));
  const targets = read.flatMap((file) => {
    const local = file.imports.filter((name) => name.startsWith('.')).map((name) => relativeTo(file.path, name));
    return local.map(
      (path) =>
        ['', '.ts', '.js', '.mjs', '/index.ts', '/index.js', '.py']
          .map((end) => path + end)
          .find((one) => paths.has(one)) ?? path,
    );
  });
  const most = tally(targets, (target) => target).filter(([, count]) => count >= 3);
  if (most.length === 0) return [];
  return [
    {
      text: `Of the ${read.length} source files read, several import the same: ${few(most.slice(0, 4).map(shownUse), 4)}.`,
    },
  ];
}

function shownUse([target, count]: readonly [string, number]): string {
  return `${code(target)} (${count} times)`;
}
