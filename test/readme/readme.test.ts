import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { COMMANDS, commandIn } from '../../src/cli/commands.ts';
import { cli } from '../cli/cli.ts';
import { Examples, type Ran } from './examples.ts';
import { type Block, readDocument } from './read-readme.ts';
import { startServers } from './servers.ts';
import { missingIn } from './shown-in.ts';

// What README.md says is true: its code compiles and runs, its commands are there, and what it shows is what is printed.
const root = fileURLToPath(new URL('../..', import.meta.url));
const readme = readDocument(join(root, 'README.md'));
const { scripts, version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

const examples = new Examples(readme.blocks);
let ran: Ran;

beforeAll(async () => {
  await using servers = await startServers();
  ran = await examples.run(servers.env);
});
afterAll(() => examples.remove());

/** Blocks of these languages, each with a name for its test. */
function blocksOf(...languages: readonly string[]): [where: string, block: Block][] {
  const blocks = readme.blocks.filter(({ language }) => languages.includes(language));
  return blocks.map((block) => [`README.md:${block.line}`, block]);
}

/** The commands that the README names, without comments and what they are written to. */
const commands = blocksOf('sh')
  .flatMap(([, { code }]) => code.split('\n'))
  .flatMap((line) => line.replace(/#.*/, '').split('&&'))
  .map((command) => command.replace(/>.*/, '').trim());
const crewlineCommands = commands.filter((command) => command.startsWith('npx crewline '));

/** One call of the command line, as it would be in a clone of this repository. */
async function call(command: string): Promise<{ code: number | null; stdout: string; stderr: string }> {
  if (command === 'npm start') return cli(['run', 'repo-brief', '--input', `folder=${root}`], { cwd: examples.folder });
  return cli(command.split(' ').slice(2), { cwd: examples.folder });
}

const calls = new Map<string, ReturnType<typeof call>>();

/** What a command prints: what it tells as it goes, then its result. Called once, however often it is shown. */
async function printedBy(command: string): Promise<string> {
  const made = calls.get(command) ?? call(command);
  calls.set(command, made);
  const { code, stderr, stdout } = await made;
  if (code !== 0) throw new Error(`${command} fails:\n${stderr}`);
  return `${stderr}\n${stdout}`;
}

describe('code', () => {
  test('every block is code that is run here, a file of it, or what something prints', () => {
    const unchecked = readme.blocks.filter(({ language, mark }) => {
      if (language === 'sh') return mark !== undefined;
      if (['text', 'mermaid'].includes(language)) return !mark?.kind.startsWith('prints');
      return mark?.kind !== 'file' && (mark?.kind !== 'example' || language !== 'ts');
    });
    expect(unchecked).toEqual([]);
    expect(blocksOf('ts').length).toBeGreaterThan(10);
  });

  test('all of it compiles, as strictly as Crewline itself', async () => {
    expect(await examples.compile()).toBe('');
  });

  test('every example runs, without a key and without a network', () => {
    expect(ran.failure).toBeUndefined();
    const names = readme.blocks
      .filter(({ mark }) => mark?.kind === 'example')
      .map(({ mark }) => mark?.name.split(' ')[0]);
    expect([...ran.printed.keys()]).toEqual(names);
  });

  test.each(blocksOf('text', 'mermaid'))('what it shows is what is printed: %s', async (_, { mark, code }) => {
    const { kind = '', name = '' } = mark ?? {};
    const output = ran.printed.get(name) ?? (await printedBy(name));
    expect(missingIn(output, code, { numbersVary: kind.includes('numbers vary') })).toBeUndefined();
  });
});

describe('commands', () => {
  test('the first crew has about 30 lines', () => {
    const code = readme.blocks.find(({ mark }) => mark?.name === 'crews/explain.ts')?.code ?? '';
    expect(code.split('\n').filter((line) => line !== '').length).toBeLessThanOrEqual(32);
  });

  test('it names the command that runs the tests, for .ci/run to find', () => {
    expect(commands.slice(0, 4)).toEqual(['npm ci', 'npm start', 'npm ci', 'npm test']);
  });

  test.each(commands.filter((command) => !command.startsWith('npx crewline ')))('%s exists', (command) => {
    const [program, verb = '', what = ''] = command.split(' ');
    expect(program).toBe('npm');
    if (verb === 'install') expect(what).toContain(`crewline-${version}.tgz`);
    else expect(['ci', 'pack', ...Object.keys(scripts)]).toContain(verb);
  });

  test('every script it names in its text exists', () => {
    const named = readme.lines.flatMap((line) =>
      [...line.matchAll(/`npm run ([\w:-]+)/g)].map(([, name = '']) => name),
    );
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
  });

  test.each(crewlineCommands)('%s has a command, a crew and options that exist', async (command) => {
    const { name = '', rest } = commandIn(command.split(' ').slice(2));
    const [crew = '', ...words] = rest;
    const found = await COMMANDS.get(name)?.();
    const options = words.filter((word) => word.startsWith('--')).map((word) => word.slice(2));
    expect(Object.keys(found?.args ?? {})).toEqual(expect.arrayContaining(options));
    const [positional] = Object.keys(found?.args ?? {});
    if (positional === 'crew' && !crew.startsWith('-'))
      expect(existsSync(join(examples.folder, 'crews', `${crew}.ts`))).toBe(true);
  });

  // The others read whole folders.
  test.each(crewlineCommands.filter((command) => / (?:plan|prompts|--help)/.test(command)))(
    '%s works',
    async (command) => {
      expect(await call(command)).toMatchObject({ code: 0, stderr: '' });
    },
  );
});

describe('text', () => {
  test('its links lead somewhere, and the contents name every section', () => {
    const anchors = readme.headings.map(({ anchor }) => anchor);
    const broken = readme.links.filter(({ target }) => {
      if (target.startsWith('https://')) return false;
      return target.startsWith('#') ? !anchors.includes(target.slice(1)) : !existsSync(resolve(root, target));
    });
    expect(broken).toEqual([]);
    const sections = readme.headings.filter(({ level }) => level === 2).map(({ text }) => text);
    const contents = readme.lines.map((line) => /^- \[(.+)\]\(#/.exec(line)?.[1]).filter((name) => name !== undefined);
    expect(contents).toEqual(sections.filter((name) => name !== 'Licence'));
  });

  test('it names every type of event, and no other', () => {
    const source = readFileSync(join(root, 'src/events.ts'), 'utf8');
    const bodies = source.slice(source.indexOf('interface EventBodies'), source.indexOf('type EventType'));
    const types = [...bodies.matchAll(/^ {2}'?([a-z.]+)'?: /gm)].map(([, type]) => type);
    expect(firstCells('Event').sort()).toEqual(types.sort());
  });

  test('the error codes it advises on exist, and something throws them', () => {
    const thrown = sources()
      .filter((path) => !path.endsWith('error-codes.ts'))
      .map((path) => readFileSync(path, 'utf8'))
      .join('\n');
    const codes = firstCells('Code').filter((code) => /^[A-Z_]+$/.test(code));
    expect(codes.length).toBeGreaterThan(10);
    expect(codes.filter((code) => !thrown.includes(`'${code}'`))).toEqual([]);
  });

  test('the picture of the house names every room and every file at its top', () => {
    const picture = readFileSync(join(root, 'src/README.md'), 'utf8');
    const entries = readdirSync(join(root, 'src')).filter((name) => name !== 'README.md');
    expect(entries.filter((name) => !new RegExp(`\\b${name.replace(/\.ts$/, '')}\\b`).test(picture))).toEqual([]);
    const broken = readDocument(join(root, 'src/README.md')).links.filter(
      ({ target }) => !existsSync(resolve(root, 'src', target)),
    );
    expect(broken).toEqual([]);
  });
});

/** What stands in backticks in the first column of the table with this heading. */
function firstCells(heading: string): string[] {
  const start = readme.lines.findIndex((line) => line.startsWith(`| ${heading} |`));
  const end = readme.lines.findIndex((line, at) => at > start && !line.startsWith('|'));
  const cells = readme.lines.slice(start + 2, end).map((line) => line.split('|')[1] ?? '');
  return cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code));
}

function sources(): string[] {
  const names = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' });
  return names.filter((name) => name.endsWith('.ts')).map((name) => join(root, 'src', name));
}
