import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { readSource } from './architecture/read-source.ts';
import { violationsIn } from './architecture/rules.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Checks files that exist only in this test. */
function violationsOf(files: { readonly [path: string]: string }): string[] {
  return violationsIn(Object.entries(files).map(([path, source]) => readSource(path, source)));
}

test('every source file keeps to the layers, the caps and the Runtime', () => {
  const paths = readdirSync(`${root}/src`, { recursive: true, encoding: 'utf8' })
    .map((path) => `src/${path.replaceAll('\\', '/')}`)
    .filter((path) => path.endsWith('.ts'));
  expect(paths).toContain('src/index.ts');
  expect(violationsIn(paths.map((path) => readSource(path, readFileSync(`${root}/${path}`, 'utf8'))))).toEqual([]);
});

test('an import that points up is found, type imports and dynamic ones too', () => {
  const files = {
    'src/errors.ts': "import type { Task } from './task.ts';",
    'src/task.ts': "export const later = () => import('./models/openai.ts');",
    'src/models/openai.ts': "export { list } from '../tools/list.ts';",
    'src/tools/list.ts': "type Plan = import('../plan/plan.ts').Plan;",
    'src/plan/plan.ts': "import { Task } from 'crewline';",
    'src/studio/page.ts': '',
  };
  expect(violationsOf(files)).toEqual([
    'src/errors.ts: errors may not import src/task.ts',
    'src/task.ts: task may not import src/models/openai.ts',
    'src/models/openai.ts: models may not import src/tools/list.ts',
    'src/tools/list.ts: tools may not import src/plan/plan.ts',
    'src/plan/plan.ts: imports crewline, the package itself',
    'src/studio/page.ts: the house has no room "studio"',
  ]);
});

test('a loop of imports is found, unless one of them loads on first use', () => {
  const loop = { 'src/plan/a.ts': "import type { B } from './b.ts';", 'src/plan/b.ts': "export * from './a.ts';" };
  expect(violationsOf(loop)).toEqual(['loop: src/plan/a.ts → src/plan/b.ts → src/plan/a.ts']);
  expect(violationsOf({ ...loop, 'src/plan/b.ts': "export const a = () => import('./a.ts');" })).toEqual([]);
});

test('what the root import would load is found, and told by which way', () => {
  const files = {
    'src/index.ts': "export { openai } from './models/openai.ts';",
    'src/models/openai.ts': "import { z } from 'zod'; import type OpenAI from 'openai'; import './net.ts';",
    'src/models/net.ts': "import net from 'node:net'; const undici = import('undici');",
    'src/internal/lazy.ts': "process.getBuiltinModule('node:fs');",
  };
  expect(violationsOf(files)).toEqual([
    'the root import loads zod: src/index.ts → src/models/openai.ts',
    'the root import loads node:net: src/index.ts → src/models/openai.ts → src/models/net.ts',
  ]);
});

test('casts, any, !, clocks, long files and empty names are found; as const, comments and strings are not', () => {
  const files = {
    'src/types.ts': 'export const cast = 1 as unknown as string;',
    'src/agent.ts': "// 1 as any\nexport const fine = ['as any', `Date.now()`] as const; export { fine as better };",
    'src/task.ts': 'export const a = fine! as string; export let b: any;',
    'src/run/clock.ts': 'Date.now(); new Date(); new Date(0); setTimeout(f, 1); fetch(u); crypto.randomUUID();',
    'src/cli/clock.ts': 'Date.now();',
    'src/loop/tool-helpers.ts': '\n'.repeat(300).concat('export {};'),
    'src/run/manager.ts': "import fs from 'node:fs'; const path = import('node:path');",
  };
  expect(violationsOf(files)).toEqual([
    'src/task.ts: 1 casts',
    'src/task.ts: any or ! (2)',
    'src/run/clock.ts: Date.now instead of the Runtime',
    'src/run/clock.ts: new Date() instead of the Runtime',
    'src/run/clock.ts: setTimeout instead of the Runtime',
    'src/run/clock.ts: fetch instead of the Runtime',
    'src/run/clock.ts: crypto.randomUUID instead of the Runtime',
    'src/loop/tool-helpers.ts: 301 lines, 300 is the cap',
    'src/loop/tool-helpers.ts: a name that says nothing',
    'src/run/manager.ts: imports node:fs',
  ]);
});
