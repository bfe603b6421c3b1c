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
