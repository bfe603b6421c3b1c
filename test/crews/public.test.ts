import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const crews = join(root, 'crews');
const files = readdirSync(crews, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));

test('the crews import what a user of the package can import, and each other', () => {
  const imported = files.flatMap((name) =>
    [...readFileSync(join(crews, name), 'utf8').matchAll(/ from '([^']+)'/g)].map((match) => match[1] ?? ''),
  );
  const foreign = imported.filter((name) => !name.startsWith('./') && !name.startsWith('node:'));
  expect(new Set(foreign)).toEqual(new Set(['crewline', 'crewline/tools', 'zod']));
});

test('the crews compile against the declarations that the package ships', async () => {
  // Needs `npm run build` before. No `paths` here: `crewline` is found by the package's own `exports`.
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  const project = fileURLToPath(new URL('fixtures/tsconfig.json', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [compiler, '-p', project, '--listFiles']).catch(
    (failed: { readonly stdout: string }) => failed,
  );
  expect(stdout.split('\n').filter((line) => line.includes('error TS'))).toEqual([]);
  expect(stdout).toContain('dist/index.d.ts');
  expect(stdout).not.toContain(`${root}src/`);
});

test('a crew is short enough to be read at one sitting', () => {
  const lengths = files.map((name) => readFileSync(join(crews, name), 'utf8').split('\n').length);
  expect(Math.max(...lengths)).toBeLessThanOrEqual(130);
});
