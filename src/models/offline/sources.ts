import { isCode, kindOf, type ListedFile, nameOf } from './paths.ts';

const TEST_FOLDERS = new Set(['test', 'tests', '__tests__', 'e2e']);

/** True for a file that belongs to the tests: a test, or what lies beside them. */
export function isTestSide(path: string): boolean {
  const names = path.toLowerCase().split('/');
  const name = names.pop() ?? '';
  return (
    isNamedTest(name) || names.some((folder) => TEST_FOLDERS.has(folder)) || names[0] === 'spec' || names[0] === 'specs'
  );
}

function isNamedTest(name: string): boolean {
  return (
    ['.test.', '.spec.', '_test.', '_spec.', '.test-d.'].some((part) => name.includes(part)) || name.startsWith('test_')
  );
}

/** The files of tests. Where most are named as such (`x.test.ts`), only those: the others help them. */
export function testFiles(files: readonly ListedFile[]): ListedFile[] {
  const beside = files.filter((file) => isCode(file.path) && isTestSide(file.path));
  const named = beside.filter((file) => isNamedTest(nameOf(file.path).toLowerCase()));
  if (named.length * 3 >= beside.length && named.length > 0) return named;
  return beside.filter((file) => !/fixture|helper|snapshot|support|util/i.test(file.path));
}

/** The program files that people wrote: no tests, no settings, nothing compiled beside its source. */
export function sourceFiles(files: readonly ListedFile[]): ListedFile[] {
  const code = files.filter((file) => isCode(file.path) && !isTestSide(file.path) && !isSettings(file.path));
  const paths = new Set(files.map((file) => file.path));
  const written = code.filter((file) => !isCompiled(file.path, paths));
  return written.length === 0 ? code : written;
}

function isSettings(path: string): boolean {
  const name = nameOf(path);
  return name.includes('.config.') || name.startsWith('.') || /^(?:gulpfile|gruntfile)\./i.test(name);
}

/** A compiled file has a source map beside it, or its source of the same name in `src/`. */
function isCompiled(path: string, paths: ReadonlySet<string>): boolean {
  if (kindOf(path) !== 'JavaScript') return false;
  const stem = path.slice(0, path.lastIndexOf('.'));
  return paths.has(`${path}.map`) || ['ts', 'tsx', 'mts', 'cts'].some((ending) => paths.has(`src/${stem}.${ending}`));
}
