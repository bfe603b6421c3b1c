import { readCode } from '../code.ts';
import type { Dossier } from '../dossier.ts';
import { type Manifest, mainManifest } from '../manifest.ts';
import { folderOf, nameOf } from '../paths.ts';
import { isTestSide, sourceFiles, testFiles } from '../sources.ts';
import { counted, few, joined } from '../words.ts';
import { code, type Finding, quoted, tally } from './finding.ts';

const RUNNERS = [
  'vitest',
  'jest',
  'mocha',
  'ava',
  'tap',
  'jasmine',
  'uvu',
  'borp',
  'tape',
  '@playwright/test',
  'cypress',
  'pytest',
  'unittest',
  'nose',
  'karma',
  '@japa/runner',
];
const MORE_TOOLS = [
  'c8',
  'nyc',
  '@vitest/coverage-v8',
  '@vitest/coverage-istanbul',
  'fast-check',
  'sinon',
  'supertest',
  'msw',
  'nock',
  'hypothesis',
  'coverage',
  'tsd',
  'expect-type',
];

/** What is tested, with what, and by how much. */
export function testsTopic(dossier: Dossier): Finding[] {
  if (!dossier.listed) return [];
  const tests = testFiles(dossier.files);
  const manifest = mainManifest(dossier.papers);
  const found: Finding[] = [];
  const sources = sourceFiles(dossier.files);
  if (tests.length === 0) {
    const among = dossier.complete
      ? `among the ${counted(dossier.fileCount, 'file')}`
      : `among the ${counted(dossier.files.length, 'file')} listed`;
    found.push({ text: `No test files were found ${among}.` });
  } else {
    found.push({
      text: `There ${tests.length === 1 ? 'is' : 'are'} ${counted(tests.length, 'test file')} beside ${counted(sources.length, 'source file')}.`,
    });
    const folders = tally(tests, (file) => folderOf(file.path));
    if (folders.length > 1 || folders[0]?.[0] !== '') {
      found.push({
        text: `Tests lie in ${few(
          folders.map(([folder, count]) => `${folder === '' ? 'the top folder' : code(folder)} (${count})`),
          8,
        )}.`,
      });
    }
  }
  if (manifest !== undefined) found.push(...runnerFindings(manifest));
  found.push(...contents(dossier));
  found.push(
    ...untested(
      tests.map((file) => file.path),
      sources.map((file) => file.path),
    ),
  );
  const configs = dossier.files.filter((file) =>
    [
      'vitest.config',
      'jest.config',
      'playwright.config',
      '.mocharc',
      'pytest',
      'tox',
      'karma.conf',
      '.nycrc',
      '.c8rc',
    ].some((stem) => nameOf(file.path) === stem || nameOf(file.path).startsWith(`${stem}.`)),
  );
  if (configs.length > 0)
    found.push({
      text: `Tests are set up in ${few(
        configs.map((file) => code(file.path)),
        4,
      )}.`,
    });
  const ci = ciFiles(dossier);
  if (ci.length > 0) found.push({ text: `Automatic checks are described in ${few(ci.map(code), 5)}.` });
  return found;
}

/** Which runner is used, and how it is started. */
function runnerFindings(manifest: Manifest): Finding[] {
  const found: Finding[] = [];
  const all = [...manifest.development, ...manifest.dependencies].map((entry) => entry.name);
  const runners = RUNNERS.filter((name) => all.includes(name));
  const more = MORE_TOOLS.filter((name) => all.includes(name));
  if (runners.length > 0)
    found.push({
      text: `${runners.length === 1 ? 'The test runner is' : 'The test runners are'} ${joined(runners.map(code))}${more.length > 0 ? `, together with ${joined(more.map(code))}` : ''}.`,
      source: manifest.path,
    });
  const scripts = [...manifest.scripts]
    .filter(([name]) => name === 'test' || name.startsWith('test:'))
    .sort(([a], [b]) => a.length - b.length);
  const [main] = scripts;
  if (main !== undefined)
    found.push({
      text: `${code(main[0] === 'test' ? 'npm test' : `npm run ${main[0]}`)} runs ${code(main[1])}.`,
      source: manifest.path,
    });
  if (scripts.length > 1)
    found.push({
      text: `${scripts.length === 2 ? 'A further test script is' : 'Further test scripts are'} ${few(
        scripts.slice(1).map(([name]) => code(name)),
        8,
      )}.`,
      source: manifest.path,
    });
  return found;
}

/** Files that tell a service what to check on every change. */
export function ciFiles(dossier: Dossier): string[] {
  return dossier.files
    .map((file) => file.path)
    .filter(
      (path) =>
        path.startsWith('.github/workflows/') ||
        path.startsWith('.ci/') ||
        path.startsWith('.circleci/') ||
        ['.gitlab-ci.yml', '.travis.yml', 'azure-pipelines.yml', 'Jenkinsfile'].includes(path),
    );
}

/** What the test files that were read hold. */
function contents(dossier: Dossier): Finding[] {
  const read = dossier.papers
    .filter((paper) => isTestSide(paper.path))
    .map((paper) => ({ file: readCode(paper.path, paper.text), cut: paper.cut }));
  return read
    .filter(({ file }) => file.tests.length > 0)
    .slice(0, 6)
    .map(({ file, cut }) => {
      const names = file.tests
        .filter((name) => name.length > 8 && name.length < 120 && !name.includes('${'))
        .slice(0, 2)
        .map(quoted);
      const among =
        names.length === 0 ? '' : `, ${file.tests.length === names.length ? 'namely' : 'among them'} ${joined(names)}`;
      return {
        text: `${code(file.path)} has ${cut ? 'at least ' : ''}${counted(file.tests.length, 'test')}${among}.`,
        quote: file.tests[0],
      };
    });
}

/** Source files that no test file is named after. Said only where tests are named after files at all. */
function untested(tests: readonly string[], sources: readonly string[]): Finding[] {
  const stems = new Set(tests.map((path) => stemOf(nameOf(path))));
  const without = sources.filter(
    (path) => !stems.has(stemOf(nameOf(path))) && !stems.has(stemOf(folderOf(path).split('/').at(-2) ?? '')),
  );
  const paired = sources.length - without.length;
  if (paired < 3 || paired * 4 < sources.length || without.length === 0) return [];
  return [
    {
      text: `${counted(paired, 'source file has', 'source files have')} a test file of the same name; ${counted(without.length, 'has', 'have')} none, such as ${few(without.slice(0, 5).map(code), 5)}.`,
    },
  ];
}

function stemOf(name: string): string {
  const stem = (name.split('.')[0] ?? '').toLowerCase();
  return stem.startsWith('test_')
    ? stem.slice('test_'.length)
    : stem.endsWith('_test')
      ? stem.slice(0, -'_test'.length)
      : stem;
}
