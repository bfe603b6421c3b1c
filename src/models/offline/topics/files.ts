import type { Dossier } from '../dossier.ts';
import { type Manifest, mainManifest } from '../manifest.ts';
import { depthOf, isDocument, kindOf, nameOf, shownSize, topFolder } from '../paths.ts';
import { counted, few, joined, sameness, shortened } from '../words.ts';
import { readmeIntroduction } from './about.ts';
import { code, type Finding, quoted, tally } from './finding.ts';

const TELLING = 60;

/** What there is: how many files of which kinds, where they lie, and which are large. */
export function filesTopic(dossier: Dossier): Finding[] {
  const { files, fileCount } = dossier;
  if (files.length === 0) return dossier.listed ? [{ text: 'The folder holds no files.' }] : [];
  const manifest = mainManifest(dossier.papers);
  const kinds = tally(files, (file) => kindOf(file.path)).filter(([kind]) => kind !== 'other');
  const size = dossier.bytes === undefined ? '' : ` (${shownSize(dossier.bytes)})`;
  const [first] = kinds;
  const mostly =
    first === undefined ? '' : first[1] * 2 > files.length ? `, mostly ${first[0]}` : `, most often ${first[0]}`;
  const found: Finding[] = [{ text: `${subject(manifest)} holds ${counted(fileCount, 'file')}${size}${mostly}.` }];
  const described = sameness(manifest?.description ?? '');
  // Beside a description of its own, only a sentence that adds something is worth the place.
  const least = manifest?.description === undefined ? 0 : TELLING;
  const introduction = readmeIntroduction(dossier, 3, least).filter((one) => sameness(one.quote ?? '') !== described);
  found.push(...introduction.slice(0, 1));
  if (!dossier.complete) {
    found.push({ text: `The counts below are of the ${files.length.toLocaleString('en-US')} files that were listed.` });
  }
  found.push({
    text: `By kind: ${few(
      kinds.map(([kind, count]) => `${kind} (${count})`),
      8,
    )}.`,
  });
  const folders = tally(files, (file) => topFolder(file.path)).filter(([folder]) => folder !== '');
  if (folders.length > 0) {
    const shown = folders.map(([folder, count]) => `${code(folder)} (${counted(count, 'file')})`);
    found.push({ text: `${folders.length === 1 ? 'The one folder is' : 'The largest folders are'} ${few(shown, 6)}.` });
  }
  const top = files.filter((file) => depthOf(file.path) === 0).map((file) => code(nameOf(file.path)));
  if (top.length > 0) found.push({ text: `At the top ${top.length === 1 ? 'lies' : 'lie'} ${few(top, 14)}.` });
  const documents = files.filter((file) => isDocument(file.path)).sort((a, b) => depthOf(a.path) - depthOf(b.path));
  if (documents.length > 0) {
    found.push({
      text: `Written to be read: ${few(
        documents.map((file) => code(file.path)),
        6,
      )}.`,
    });
  }
  return [...found, ...largest(dossier)];
}

function subject(manifest: Manifest | undefined): string {
  if (manifest?.name === undefined) return 'The folder';
  const version = manifest.version === undefined ? '' : ` ${manifest.version}`;
  const says =
    manifest.description === undefined
      ? ''
      : `, in its own words ${quoted(shortened(withoutDot(manifest.description), 200))},`;
  return `${code(manifest.name)}${version}${says}`;
}

function withoutDot(text: string): string {
  return text.endsWith('.') ? text.slice(0, -1) : text;
}

function largest(dossier: Dossier): Finding[] {
  const large = dossier.files
    .filter((file) => file.bytes !== undefined && kindOf(file.path) !== 'source maps')
    .sort((a, b) => (b.bytes ?? 0) - (a.bytes ?? 0))
    .slice(0, 5);
  if (large.length < 3) return [];
  return [
    {
      text: `The largest files are ${joined(large.map((file) => `${code(file.path)} (${shownSize(file.bytes ?? 0)})`))}.`,
    },
  ];
}
