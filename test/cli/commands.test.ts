import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { cli } from './cli.ts';

const AGENTS = ['./agents.ts', '--model', 'offline'];

test.concurrent('plan draws the graph, as text, Mermaid or JSON', async () => {
  const [text, mermaid, json] = await Promise.all([
    cli(['plan', './code.ts']),
    cli(['plan', './code.ts', '--mermaid']),
    cli(['plan', './code.ts', '--json']),
  ]);
  expect(text.stdout).toContain('left → join');
  expect(mermaid.stdout).toMatch(/^flowchart /);
  expect(JSON.parse(json.stdout)).toMatchObject({ crew: 'code', layers: [['left', 'right'], ['join']] });
  expect([text.code, mermaid.code, json.code]).toEqual([0, 0, 0]);
});

test.concurrent('prompts shows the messages of every task that an agent works', async () => {
  const { code, stdout } = await cli(['prompts', ...AGENTS, '--input', 'topic=green tea']);
  expect(stdout).toMatch(/── research · system ──[\s\S]*── research · user ──[\s\S]*── report · user ──/);
  expect(stdout).toContain('Find out about green tea.');
  expect(code).toBe(0);
});

test.concurrent('prompts shows one task when it is named, as JSON when it is wanted', async () => {
  const { stdout } = await cli(['prompts', ...AGENTS, 'report', '--input', 'topic=tea', '--json']);
  const shown = JSON.parse(stdout);
  expect(shown).toHaveLength(1);
  expect(shown[0].task).toBe('report');
  expect(shown[0].messages[0].role).toBe('system');
});

test.concurrent('prompts says when there is nothing to show', async () => {
  const input = ['--input', 'topic=tea'];
  const [unknown, code, none] = await Promise.all([
    cli(['prompts', ...AGENTS, 'reprot', ...input]),
    cli(['prompts', './code.ts', 'left', ...input]),
    cli(['prompts', './code.ts', ...input]),
  ]);
  expect(unknown.stderr).toContain('Crew "agents" has no task "reprot". Did you mean "report"?');
  expect(code.stderr).toContain('Task "left" is done by code: it has no prompt.');
  expect(none.stderr).toContain('All tasks of crew "code" are done by code: there are no prompts.');
  expect([unknown.code, code.code, none.code]).toEqual([2, 2, 2]);
});

test.concurrent('a crew whose agents have no model is refused with a way out', async () => {
  const { code, stderr } = await cli(['run', './agents.ts', '--input', 'topic=tea']);
  expect(stderr).toMatch(/offline/);
  expect(code).toBe(2);
});

test.concurrent('help is there for the whole and for each command', async () => {
  const [whole, bare, ...each] = await Promise.all([
    cli(['--help']),
    cli([]),
    cli(['run', '--help']),
    cli(['plan', '-h']),
    cli(['prompts', 'x', '--help']),
    cli(['worker', '--help']),
  ]);
  expect(whole.stdout).toMatch(/run[\s\S]*plan[\s\S]*prompts[\s\S]*crewline run repo-brief/);
  expect(bare.stdout).toBe(whole.stdout);
  expect(each.at(-1)?.stdout).toContain('or dbos (with CREWLINE_POSTGRES_URL)');
  for (const { code, stdout, stderr } of each) {
    expect(stdout).toMatch(/USAGE crewline (run|plan|prompts|worker)[\s\S]*For example:/);
    expect(stdout).not.toContain('\u001b');
    expect(stderr).toBe('');
    expect(code).toBe(0);
  }
});

test.concurrent('the version is the package’s', async () => {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  expect((await cli(['--version'])).stdout).toBe(`${version}\n`);
});

test.concurrent('an unknown command or option is wrong usage, with the nearest one', async () => {
  const [command, option] = await Promise.all([cli(['promts']), cli(['run', 'x', '--modle', 'm'])]);
  expect(command.stderr).toContain('There is no command promts. Did you mean "prompts"?');
  expect(option.stderr).toContain('There is no option --modle. Did you mean "--model"?');
  expect([command.code, option.code]).toEqual([2, 2]);
});
