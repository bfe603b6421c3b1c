import { pathToFileURL } from 'node:url';
import { CrewError } from '../errors.ts';
import { isObject } from '../internal/json.ts';
import { ownEntries } from './own-entries.ts';
import { explainSyntax } from './syntax-error.ts';

/** What Node says to TypeScript that it cannot strip, and to imports without a file ending: jiti knows both. */
const NEEDS_JITI: ReadonlySet<unknown> = new Set([
  'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX',
  'ERR_INVALID_TYPESCRIPT_SYNTAX',
  'ERR_UNSUPPORTED_DIR_IMPORT',
  'ERR_MODULE_NOT_FOUND',
]);

/** The part of `node:module` that Node 22.15 added. */
interface WithHooks {
  registerHooks(hooks: { resolve: ResolveHook }): unknown;
}
type ResolveHook = (specifier: string, context: object, next: (specifier: string, context: object) => object) => object;

function hasHooks(module: object): module is WithHooks {
  return 'registerHooks' in module && typeof module.registerHooks === 'function';
}

/**
 * Imports a crew's file without a build step: by Node where it strips types itself (22.18 and later), else by jiti.
 * Either way `crewline` means the crewline that is running, whatever lies in the crew's `node_modules`.
 * @throws {CrewError} `CREW_FILE` when it is no code, showing where; else whatever the file throws.
 */
export async function importCrew(file: string): Promise<object> {
  try {
    return await importByNode(file);
  } catch (error) {
    const syntax = explainSyntax(error);
    if (syntax === undefined) throw error;
    throw new CrewError('CREW_FILE', `${file} does not load:\n${syntax}`, { cause: error });
  }
}

async function importByNode(file: string): Promise<object> {
  const module: object = await import('node:module');
  const strips = 'typescript' in process.features && Boolean(process.features.typescript);
  if (!strips || !hasHooks(module)) return importWithJiti(file);
  const entries = ownEntries();
  // Stays for good: a crew may import more while it runs.
  module.registerHooks({
    resolve: (specifier, context, next) => {
      const url = entries.get(specifier);
      return url === undefined ? next(specifier, context) : { url, shortCircuit: true };
    },
  });
  try {
    return await import(pathToFileURL(file).href);
  } catch (error) {
    // All of these are found before any of the file's code has run, so nothing happens twice.
    if (isObject(error) && NEEDS_JITI.has(error['code'])) return await importWithJiti(file);
    throw error;
  }
}

async function importWithJiti(file: string): Promise<object> {
  const { createJiti } = await import('jiti');
  const virtualModules: Record<string, unknown> = {};
  for (const [name, url] of ownEntries()) virtualModules[name] = await import(url);
  const jiti = createJiti(file, { virtualModules, interopDefault: false });
  return jiti.import<object>(file);
}
