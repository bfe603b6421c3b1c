import type { Dossier } from '../dossier.ts';
import { mainManifest } from '../manifest.ts';
import { readMarkdown } from '../markdown.ts';
import { depthOf, isDocument, isNamed } from '../paths.ts';
import { few, leans, shortened } from '../words.ts';
import { code, type Finding, quoted } from './finding.ts';

/** What the project is, in its own words: its manifest, and the opening of its README. */
export function aboutTopic(dossier: Dossier): Finding[] {
  const manifest = mainManifest(dossier.papers);
  const found: Finding[] = [];
  if (manifest?.name !== undefined) {
    const version = manifest.version === undefined ? '' : ` ${manifest.version}`;
    const says =
      manifest.description === undefined
        ? 'does not describe itself'
        : `describes itself as ${quoted(shortened(manifest.description, 240))}`;
    found.push({
      text: `${code(manifest.name)}${version} ${says}.`,
      source: manifest.path,
      quote: manifest.description,
    });
    if (manifest.license !== undefined)
      found.push({ text: `Its licence is ${manifest.license}.`, source: manifest.path });
    const commands = [...manifest.scripts].map(([name]) => code(name));
    if (commands.length > 0) found.push({ text: `It has the scripts ${few(commands, 8)}.`, source: manifest.path });
  }
  return [...found, ...readmeIntroduction(dossier, 4)];
}

/** The first sentences of the README at the top, as quotes. */
export function readmeIntroduction(dossier: Dossier, count: number, least = 0): Finding[] {
  const readmes = dossier.papers.filter((paper) => isNamed(paper.path, 'readme') && isDocument(paper.path));
  readmes.sort((a, b) => depthOf(a.path) - depthOf(b.path));
  const [readme] = readmes;
  if (readme === undefined || (depthOf(readme.path) > 0 && readmes.length > 1)) return [];
  const sentences = readMarkdown(readme.text)
    .slice(0, 4)
    .flatMap((section) => section.sentences);
  return sentences
    .slice(0, count)
    .filter((sentence) => sentence.length >= least && !leans(sentence))
    .map((sentence) => ({ text: `The README says: ${quoted(sentence)}`, source: readme.path, quote: sentence }));
}
