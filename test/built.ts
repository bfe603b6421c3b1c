import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root: string = fileURLToPath(new URL('..', import.meta.url));
export const jiti: string = join(root, 'node_modules/jiti/lib/jiti-cli.mjs');

/** Whether `dist` is what no source is newer than; `npm test` builds first. */
export function isBuilt(): boolean {
  // Written by every build, while a file whose source did not change stays as it was.
  const builtAt = statSync(join(root, 'dist/.tsbuildinfo'), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const names = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' });
  const sources = names.filter((name) => name.endsWith('.ts'));
  return sources.every((file) => statSync(join(root, 'src', file)).mtimeMs <= builtAt);
}

/** How to run a script that imports Crewline from `${CREWLINE_AT}/index.${EXT}`: as it is built, or its source, by jiti. */
export function withCrewline(script: string): {
  readonly args: readonly string[];
  readonly env: { readonly CREWLINE_AT: string; readonly EXT: string };
} {
  return isBuilt()
    ? { args: [script], env: { CREWLINE_AT: join(root, 'dist'), EXT: 'js' } }
    : { args: [jiti, script], env: { CREWLINE_AT: join(root, 'src'), EXT: 'ts' } };
}
