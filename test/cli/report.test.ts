import { expect, test } from 'vitest';
import { engineIn } from '../../src/cli/engine-choice.ts';
import { redactor } from '../../src/cli/redact.ts';
import { describeError, exitCodeOf } from '../../src/cli/report.ts';
import { wantsColours } from '../../src/cli/session.ts';
import { CrewError, DefinitionError, ModelError } from '../../src/errors.ts';
import { NO_COLOURS } from '../../src/telemetry/format.ts';

const describe = (error: unknown, debug = false) => describeError(error, { colours: NO_COLOURS, debug });

test('an error says what, where, and what else to try', () => {
  const error = new ModelError('AUTH', 'The provider refused the key.', { taskName: 'research', agent: 'Analyst' });
  expect(describe(error)).toBe(
    '✗ The provider refused the key.\n  AUTH · task research · agent Analyst\n  Set OPENAI_API_KEY (and OPENAI_BASE_URL for another provider), or try it with --model offline.\n',
  );
});

test('where runs are looked up is told with the engine that was named', () => {
  const unknown = new CrewError('RUN_UNKNOWN', 'There is no such run.');
  const hint = (words: readonly string[], env = {}) =>
    describeError(unknown, { colours: NO_COLOURS, debug: false, env, engine: engineIn(words) })
      .split('\n')
      .at(-2);
  const env = { CREWLINE_POSTGRES_URL: 'postgres://localhost/crew' };
  expect(hint(['runs', 'show', 'run_1'])).toBe('  Those that there are: crewline runs');
  expect(hint(['runs', 'show', 'run_1', '--engine', 'dbos'], env)).toBe(
    '  Those that there are: crewline runs --engine dbos',
  );
  expect(hint(['answer', '--engine=sqlite:own.db', 'run_1'])).toBe(
    '  Those that there are: crewline runs --engine sqlite:own.db',
  );
  expect(hint(['resume', 'run_1', '--engine', 'dbos:postgres://me:word@host/crew'])).toBe(
    '  Those that there are: crewline runs --engine dbos',
  );
  expect(hint(['runs', 'show', 'run_1'], env)).toBe(
    '  Those that there are: crewline runs; those in Postgres: crewline runs --engine dbos',
  );
});

test('an error that is none of ours says how to see more', () => {
  expect(describe(new TypeError('x is not a function'))).toBe(
    '✗ x is not a function\n  --debug shows where it came from.\n',
  );
});

test('with debug the causes follow, each with its stack, even when they go in a circle', () => {
  const inner = new Error('socket closed');
  const outer = new CrewError('PROVIDER_DOWN', 'no answer', { cause: inner });
  inner.cause = outer;
  const shown = describe(outer, true);
  expect(shown).toContain('Caused by: Error: socket closed');
  expect(shown.length).toBeLessThan(50_000);
});

test('an error’s text cannot steer the terminal', () => {
  const evil = '\u001b[2J\u001b]0;x\u0007bad\u009b1m';
  expect(describe(new CrewError('MODEL_FAILED', evil, { agent: evil }), true)).not.toMatch(/(?!\n)\p{Cc}/u);
});

test('mistakes found before a run are wrong usage, failures in it are not', () => {
  const problem = { code: 'GRAPH_CYCLE', place: 'crew', message: 'a → a' } as const;
  expect(exitCodeOf(new DefinitionError([problem], 'crew'))).toBe(2);
  expect(exitCodeOf(new CrewError('USAGE', 'x'))).toBe(2);
  expect(exitCodeOf(new CrewError('TEMPLATE', 'x'))).toBe(2);
  expect(exitCodeOf(new CrewError('TEMPLATE', 'x', { taskName: 'write' }))).toBe(1);
  expect(exitCodeOf(new CrewError('AUTH', 'x'))).toBe(1);
  expect(exitCodeOf(new Error('x'))).toBe(1);
  expect(exitCodeOf('x')).toBe(1);
});

test('secrets of the environment are not shown, however they are spelled', () => {
  const redact = redactor({
    OPENAI_API_KEY: 'sk-"quoted"/+',
    GH_TOKEN: 'ghp_123456',
    HOME: '/home/reader',
    PIN_KEY: 'short',
  });
  expect(redact(`sk-"quoted"/+ ${JSON.stringify({ a: 'sk-"quoted"/+' })} ${encodeURIComponent('sk-"quoted"/+')}`)).toBe(
    '[secret] {"a":"[secret]"} [secret]',
  );
  expect(redact('ghp_123456 in /home/reader, short')).toBe('[secret] in /home/reader, short');
});

test('a secret that holds another one disappears whole', () => {
  expect(redactor({ A_KEY: '12345678', B_KEY: '12345678-and-more' })('12345678-and-more')).toBe('[secret]');
});

test.each([
  [true, {}, true],
  [false, {}, false],
  [true, { TERM: 'dumb' }, false],
  [true, { NO_COLOR: '1' }, false],
  [true, { NO_COLOR: '' }, true],
  [false, { FORCE_COLOR: '1' }, true],
  [false, { FORCE_COLOR: '' }, true],
  [true, { FORCE_COLOR: '0' }, false],
  [false, { FORCE_COLOR: '1', NO_COLOR: '1' }, false],
])('on a terminal: %j, environment: %j, colours: %j', (isTerminal, env, colours) => {
  expect(wantsColours({ isTerminal }, env)).toBe(colours);
});
