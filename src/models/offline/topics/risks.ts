import type { Dossier, Hit } from '../dossier.ts';
import { type Manifest, mainManifest } from '../manifest.ts';
import { depthOf, isCode, isNamed, kindOf, LOCKFILES, nameOf, shownSize } from '../paths.ts';
import { isTestSide, sourceFiles, testFiles } from '../sources.ts';
import { counted, few, joined, shortened } from '../words.ts';
import { isImport, isLoose } from './dependencies.ts';
import { code, type Finding, quoted } from './finding.ts';
import { ciFiles } from './tests.ts';

/** Words that people leave in code where work remains. */
export const MARKERS: readonly string[] = ['TODO', 'FIXME', 'HACK', 'XXX'];
/** Searches that show where care is needed, each with what a hit means. */
export const WARNING_SIGNS: ReadonlyMap<string, string> = new Map([
  ['child_process', 'which starts other programs'],
  ['eval(', 'which runs text as code'],
  ['@ts-ignore', 'which silences the type checker'],
  ['@deprecated', 'which marks what is on its way out'],
]);
const LARGE_SOURCE = 60 * 1024;

/** What deserves a second look: missing basics, open ends, risky constructs, very large files. */
export function risksTopic(dossier: Dossier): Finding[] {
  if (!dossier.listed) return [];
  const manifest = mainManifest(dossier.papers);
  const found = [...markers(dossier), ...manifestRisks(manifest), ...signs(dossier), ...largeFiles(dossier)];
  const { missing, present } = basics(dossier, manifest);
  const first: Finding[] = [];
  if (missing.length > 0) {
    const are = missing.length === 1 ? 'is' : 'are';
    first.push({
      text: `Of the usual basics, ${joined(missing)} ${are} missing${present.length > 0 ? `; ${joined(present)} ${present.length === 1 ? 'is' : 'are'} there` : ''}.`,
    });
  } else first.push({ text: `The usual basics are all there: ${joined(present)}.` });
  if (found.length === 0) found.push({ text: 'Searches for open ends and risky constructs found nothing.' });
  return [...first, ...found];
}

function basics(dossier: Dossier, manifest: Manifest | undefined): { missing: string[]; present: string[] } {
  const top = dossier.files.filter((file) => depthOf(file.path) === 0).map((file) => file.path);
  const any = (stem: string): boolean => top.some((path) => isNamed(path, stem));
  const checks: [string, boolean][] = [
    ['a README', any('readme')],
    ['a licence file', any('license') || any('licence') || any('copying')],
    ['a changelog', ['changelog', 'history', 'changes', 'releases', 'release-notes', 'news'].some(any)],
    ['tests', testFiles(dossier.files).length > 0],
    ['a set-up of automatic checks', ciFiles(dossier).length > 0],
  ];
  const needsLock =
    manifest !== undefined &&
    manifest.dependencies.length + manifest.development.length > 0 &&
    nameOf(manifest.path) !== 'requirements.txt';
  if (needsLock) checks.push(['a lockfile', top.some((path) => LOCKFILES.includes(path))]);
  return {
    missing: checks.filter(([, there]) => !there).map(([name]) => name),
    present: checks.filter(([, there]) => there).map(([name]) => name),
  };
}

/** Markers in comments of the source code, counted, the telling ones quoted. Tests hold many that are only samples. */
function markers(dossier: Dossier): Finding[] {
  const hits = dossier.searches
    .filter((search) => MARKERS.includes(search.query))
    .flatMap((search) =>
      search.hits
        .filter((hit) => isMarker(hit, search.query) && !isTestSide(hit.path))
        .map((hit) => ({ ...hit, marker: search.query })),
    );
  if (sourceFiles(dossier.files).length === 0) return [];
  if (hits.length === 0) {
    const searched = dossier.searches.filter((search) => MARKERS.includes(search.query)).map((search) => search.query);
    return searched.length === 0
      ? []
      : [
          {
            text: `No comment in the source code is marked ${searched.length > 1 ? `${searched.slice(0, -1).join(', ')} or ${searched.at(-1)}` : searched[0]}.`,
          },
        ];
  }
  const files = new Set(hits.map((hit) => hit.path)).size;
  const cut = dossier.searches.some((search) => MARKERS.includes(search.query) && search.total > search.hits.length);
  const found: Finding[] = [
    {
      text: `${cut ? 'At least ' : ''}${counted(hits.length, 'comment marks', 'comments mark')} unfinished work (${joined([...new Set(hits.map((hit) => hit.marker))])}), in ${counted(files, 'file')}.`,
    },
  ];
  const quotes = hits
    .map((hit) => ({ hit, words: afterMarker(hit.text, hit.marker) }))
    .filter(({ words }) => words.length > 12);
  for (const { hit, words } of spread(quotes).slice(0, 4)) {
    found.push({
      text: `${code(`${hit.path}:${hit.line}`)} is marked ${hit.marker}: ${quoted(shortened(words, 160))}${/[.!?]$/.test(words) ? '' : '.'}`,
      quote: words,
    });
  }
  return found;
}

/** A marker counts when it opens a comment's text: not in a name, not in running text. */
function isMarker(hit: Hit, marker: string): boolean {
  if (!isCode(hit.path)) return false;
  const at = hit.text.indexOf(marker);
  const before = hit.text.slice(0, at).trimEnd();
  const next = hit.text[at + marker.length] ?? '';
  return at !== -1 && /(?:\/\/|\/\*|\*|#|@|--)$/.test(before) && !/[\w-]/.test(next);
}

function afterMarker(text: string, marker: string): string {
  let rest = text.slice(text.indexOf(marker) + marker.length).trim();
  if (rest.startsWith('(') && rest.includes(')')) rest = rest.slice(rest.indexOf(')') + 1);
  while (rest !== '' && ':- –'.includes(rest[0] ?? '')) rest = rest.slice(1);
  return rest.endsWith('*/') ? rest.slice(0, -2).trim() : rest;
}

/** One of each file first, so that one file does not crowd out the others. */
function spread<T extends { readonly hit: Hit }>(items: readonly T[]): T[] {
  const seen = new Set<string>();
  const first = items.filter((item) => !seen.has(item.hit.path) && seen.add(item.hit.path));
  return [...first, ...items.filter((item) => !first.includes(item))];
}

function manifestRisks(manifest: Manifest | undefined): Finding[] {
  if (manifest === undefined) return [];
  const source = manifest.path;
  const found: Finding[] = [];
  const loose = manifest.dependencies.filter((entry) => isLoose(entry.range) && nameOf(source) === 'package.json');
  if (loose.length > 0)
    found.push({
      text: `${few(
        loose.map((entry) => code(entry.name)),
        6,
      )} may come in any version (${few(
        loose.map((entry) => code(entry.range)),
        3,
      )}).`,
      source,
    });
  const young = manifest.dependencies.filter((entry) => /^[\^~]?0\./.test(entry.range));
  if (young.length > 0)
    found.push({
      text: `${few(
        young.map((entry) => code(`${entry.name} ${entry.range}`)),
        6,
      )} ${young.length === 1 ? 'has' : 'have'} not reached version 1, so minor releases may break.`,
      source,
    });
  const install = ['preinstall', 'install', 'postinstall'].filter((name) => manifest.scripts.has(name));
  if (install.length > 0)
    found.push({
      text: `Installing it runs a script (${joined(install.map((name) => `${code(name)}: ${code(manifest.scripts.get(name) ?? '')}`))}).`,
      source,
    });
  if (nameOf(source) === 'package.json') {
    if (manifest.engines.length === 0)
      found.push({ text: 'It does not say which Node versions it supports (no `engines`).', source });
    if (manifest.license === undefined) found.push({ text: 'It names no licence (no `license` field).', source });
    if (manifest.scripts.size > 0 && !manifest.scripts.has('test'))
      found.push({ text: 'It has no `test` script.', source });
  }
  return found;
}

function signs(dossier: Dossier): Finding[] {
  const written = new Set(sourceFiles(dossier.files).map((file) => file.path));
  return dossier.searches.flatMap((search): Finding[] => {
    const meaning = WARNING_SIGNS.get(search.query);
    const real = search.hits.filter((hit) => written.has(hit.path) && isSign(hit.text, search.query));
    const files = [...new Set(real.map((hit) => hit.path))];
    if (meaning === undefined || files.length === 0) return [];
    const name = search.query === 'eval(' ? 'eval' : search.query;
    const uses = counted(files.length, 'source file uses', 'source files use');
    return [{ text: `${uses} ${code(name)}, ${meaning}: ${few(files.map(code), 3)}.` }];
  });
}

/** A sign in a text or in a list of words, such as the one above, does nothing. */
function isSign(line: string, sign: string): boolean {
  const at = line.indexOf(sign);
  if (sign.startsWith('@')) return line.startsWith('*') || line.startsWith('/*') || line.startsWith('//');
  if (sign === 'child_process') return isImport(line, 'child_process') || isImport(line, 'node:child_process');
  return !/[\w.$'"`/*]/.test(line[at - 1] ?? '') && !line.startsWith('//') && !line.startsWith('*');
}

function largeFiles(dossier: Dossier): Finding[] {
  const large = sourceFiles(dossier.files)
    .filter((file) => (file.bytes ?? 0) > LARGE_SOURCE && kindOf(file.path) !== 'type declarations')
    .sort((a, b) => (b.bytes ?? 0) - (a.bytes ?? 0));
  if (large.length === 0) return [];
  const shown = large.map((file) => `${code(file.path)} (${shownSize(file.bytes ?? 0)})`);
  const are = counted(large.length, 'source file is', 'source files are');
  return [{ text: `${are} larger than ${shownSize(LARGE_SOURCE)}: ${few(shown, 4)}.` }];
}
