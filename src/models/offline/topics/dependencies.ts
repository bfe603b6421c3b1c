import type { Dossier } from '../dossier.ts';
import { type Dependency, type Manifest, mainManifest } from '../manifest.ts';
import { depthOf, kindOf, LOCKFILES, nameOf } from '../paths.ts';
import { isTestSide } from '../sources.ts';
import { counted, few, joined } from '../words.ts';
import { code, type Finding } from './finding.ts';

/** What the project needs: packages, versions, engines, and where they are used. */
export function dependenciesTopic(dossier: Dossier): Finding[] {
  const manifest = mainManifest(dossier.papers);
  if (manifest === undefined) {
    return dossier.listed
      ? [{ text: 'No manifest that names dependencies (such as package.json or pyproject.toml) was found and read.' }]
      : [];
  }
  const source = manifest.path;
  const found: Finding[] = [{ text: lead(manifest), source }];
  const add = (label: string, list: readonly Dependency[]): void => {
    if (list.length > 0) found.push({ text: `${label}: ${few(list.map(shown), 12)}.`, source });
  };
  add('Needed at run time', manifest.dependencies);
  add('Needed for development', manifest.development);
  add('Expected from its user (peers)', manifest.peers);
  add('Optional', manifest.optional);
  if (manifest.engines.length > 0) found.push({ text: `It asks for ${joined(manifest.engines)}.`, source });
  found.push(...usage(dossier, manifest));
  const locks = dossier.files.filter((file) => LOCKFILES.includes(nameOf(file.path))).map((file) => file.path);
  const top = locks.filter((path) => depthOf(path) === 0);
  if (top.length > 0) found.push({ text: `Installed versions are fixed by ${joined(top.map(code))}.` });
  else if (dossier.complete && dossier.listed) found.push({ text: `There is no lockfile at the top of the folder.` });
  found.push(...ranges(manifest));
  return found;
}

function lead(manifest: Manifest): string {
  const name = manifest.name === undefined ? 'The project' : code(manifest.name);
  const { dependencies, development, peers } = manifest;
  const further = [
    ...(development.length > 0 ? [`${development.length} for development`] : []),
    ...(peers.length > 0 ? [`${counted(peers.length, 'peer')}`] : []),
  ];
  const rest = further.length === 0 ? '' : `, and names ${joined(further)}`;
  if (dependencies.length === 0) return `${name} needs no other package at run time${rest}.`;
  return `${name} needs ${counted(dependencies.length, 'package')} at run time${rest}.`;
}

function shown({ name, range }: Dependency): string {
  return code(range === '' ? name : `${name} ${range}`);
}

/** Where a package is imported, from searches for its name. */
function usage(dossier: Dossier, manifest: Manifest): Finding[] {
  const all = [...manifest.dependencies, ...manifest.peers, ...manifest.optional];
  return dossier.searches.flatMap((search): Finding[] => {
    const dependency = all.find(
      (entry) => entry.name === search.query || search.query === `'${entry.name}` || search.query === `"${entry.name}`,
    );
    if (dependency === undefined) return [];
    const importing = search.hits.filter((hit) => isImport(hit.text, dependency.name)).map((hit) => hit.path);
    const files = [...new Set(importing)].filter((path) => !isTestSide(path) && kindOf(path) !== 'type declarations');
    if (files.length === 0) return [];
    return [{ text: `${code(dependency.name)} is imported in ${few(files.slice(0, 4).map(code), 3)}.` }];
  });
}

/** True for a line that imports a package. */
export function isImport(line: string, name: string): boolean {
  const named = ["'", '"'].flatMap((quote) => [`${quote}${name}${quote}`, `${quote}${name}/`]);
  if (/^(?:import |export |\})/.test(line)) return named.some((text) => line.includes(text));
  return named.some((text) => line.includes(`require(${text}`) || line.includes(`import(${text}`));
}

function ranges(manifest: Manifest): Finding[] {
  const all = [...manifest.dependencies, ...manifest.development];
  if (all.length === 0 || nameOf(manifest.path) !== 'package.json') return [];
  const exact = all.filter((entry) => /^\d/.test(entry.range));
  const loose = all.filter((entry) => isLoose(entry.range));
  if (loose.length > 0)
    return [{ text: `Without a firm version: ${few(loose.map(shown), 6)}.`, source: manifest.path }];
  if (exact.length === all.length) return [{ text: 'Every version is exact, without a range.', source: manifest.path }];
  if (exact.length > 0)
    return [{ text: `Exact versions, without a range: ${few(exact.map(shown), 8)}.`, source: manifest.path }];
  return [];
}

/** True for a range that lets anything in, or code that no registry keeps. */
export function isLoose(range: string): boolean {
  return (
    ['*', 'latest', 'next', 'x', ''].includes(range) ||
    range.startsWith('git') ||
    range.startsWith('http') ||
    range.startsWith('>')
  );
}
