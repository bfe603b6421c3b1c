/** The names by which users import this package. */
const ENTRIES: ReadonlyMap<string, string> = new Map([
  ['crewline', '../index'],
  ['crewline/sqlite', '../engines/sqlite/index'],
  ['crewline/dbos', '../engines/dbos'],
  ['crewline/tools', '../tools/index'],
  ['crewline/testing', '../testing/index'],
]);

/** `.ts` while running from `src/`, `.js` once built. */
const EXTENSION = import.meta.url.endsWith('.ts') ? '.ts' : '.js';

/** Where each of them lies in the crewline that is running: from `dist/`, or from `src/` while working on it. */
export function ownEntries(): ReadonlyMap<string, string> {
  const urls = new Map<string, string>();
  for (const [name, path] of ENTRIES) urls.set(name, new URL(`${path}${EXTENSION}`, import.meta.url).href);
  return urls;
}
