import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const TASKS = 50;
const CONTEXT = 5;
const MOST_INSTANTIATIONS = 60_000;
const MOST_SECONDS = 1;

const here = fileURLToPath(new URL('.', import.meta.url));
const compiler = fileURLToPath(new URL('../../node_modules/typescript/bin/tsc', import.meta.url));

interface Shape {
  /** The code that stands for the task `distance` places before `index`. */
  readonly entry: (index: number, distance: number) => string;
  readonly when?: string;
}

/** A crew of text, schema and code tasks, with every output read. */
function crewOf({ entry, when = '' }: Shape): string {
  const names = Array.from({ length: TASKS }, (_, index) => `t${index}`);
  const tasks = names.map((name, index) => {
    const context = Array.from({ length: CONTEXT }, (_, back) => entry(index, back + 1)).filter((code) => code !== '');
    const work = [
      `description: 'd', expectedOutput: 'e', agent`,
      `description: 'd', expectedOutput: 'e', agent, output: z.object({ n: z.number(), list: z.array(z.string()) })`,
      `execute: ({ context }) => ({ keys: Object.keys(context) })`,
    ][index % 3];
    return `const ${name} = new Task({ name: '${name}', context: [${context}], ${work}${index % 10 === 0 ? when : ''} });`;
  });
  return `import { Agent, Crew, Task } from 'crewline';
import { z } from 'zod';

const agent = new Agent({ role: 'r', goal: 'g', backstory: 'b' });
${tasks.join('\n')}
const crew = new Crew({ name: 'c', agents: [agent], process: 'parallel', tasks: [${names}] });
const { tasks } = await crew.kickoff();
export const last: ${when === '' ? '' : 'null | '}{ n: number; list: string[] } = (await crew.kickoff()).output;
export const outputs = [${names.map((name) => `tasks.${name}.output`)}];
`;
}

/** What the compiler says, and all that it took, in a project that uses the built package. Needs `npm run build`. */
async function compile(source: string): Promise<{ errors: string; instantiations: number; seconds: number }> {
  // A name with a dot: the compiler's own patterns pass it by.
  const folder = await mkdtemp(`${here}.scale-`);
  try {
    await writeFile(`${folder}/crew.ts`, source);
    const options = { extends: '../../../tsconfig.json', compilerOptions: { paths: {} }, include: ['crew.ts'] };
    await writeFile(`${folder}/tsconfig.json`, JSON.stringify(options));
    const run = promisify(execFile)(process.execPath, [compiler, '-p', folder, '--extendedDiagnostics']);
    const { stdout } = await run.catch((failed: { stdout: string }) => failed);
    const figure = (name: string) => Number(new RegExp(`^${name}:\\s+([\\d.]+)`, 'm').exec(stdout)?.[1]);
    const errors = stdout.split('\n').filter((line) => line.includes('crew.ts') && line.includes('error'));
    return { errors: errors.join('\n'), instantiations: figure('Instantiations'), seconds: figure('Check time') };
  } finally {
    await rm(folder, { recursive: true });
  }
}

const earlier = (index: number, distance: number) => (index < distance ? '' : `t${index - distance}`);
const shapes: Record<string, Shape> = {
  'tasks in context': { entry: earlier },
  'names in context': { entry: (index, distance) => (index < distance ? '' : `'t${index - distance}'`) },
  'conditional tasks': { entry: earlier, when: ', when: () => true' },
  'names in a circle': { entry: (index, distance) => `'t${(index + distance) % TASKS}'`, when: ', when: () => true' },
};

test.each(Object.entries(shapes))(
  `${TASKS} tasks with ${CONTEXT} context entries each compile in ${MOST_INSTANTIATIONS} instantiations: %s`,
  async (_, shape) => {
    const { errors, instantiations, seconds } = await compile(crewOf(shape));
    expect(errors).toBe('');
    expect(instantiations).toBeGreaterThan(0);
    expect(instantiations).toBeLessThanOrEqual(MOST_INSTANTIATIONS);
    expect(seconds).toBeLessThanOrEqual(MOST_SECONDS);
  },
);
