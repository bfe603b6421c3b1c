import { expect, test } from 'vitest';
import { cli, ended, folderWith, says, startCli } from './cli.ts';

const CODE = ['run', './code.ts'];

test.concurrent('the result goes to standard output, all else to standard error', async () => {
  const { code, stdout, stderr } = await cli([...CODE, '--input', 'topic=tea', '--input', 'times=3']);
  expect(stdout).toBe('left of tea, {"times":3}\n');
  expect(stderr).toMatch(
    /code parallel, 3 tasks[\s\S]*left {3}done in[\s\S]*join {3}done in[\s\S]*No model was called\./,
  );
  expect(code).toBe(0);
});

test.concurrent('with --json, standard output is the events, a line each', async () => {
  const { code, stdout, stderr } = await cli([...CODE, '--input', 'topic=tea', '--json']);
  const events = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(events.map((event) => event.type)).toEqual([
    'run.start',
    'task.ready',
    'task.ready',
    'task.start',
    'task.start',
    'task.end',
    'task.end',
    'task.ready',
    'task.start',
    'task.end',
    'run.end',
  ]);
  expect(events[0]).toMatchObject({ crew: 'code', inputs: { topic: 'tea', times: 1 } });
  expect(stderr).toBe('');
  expect(code).toBe(0);
});

test.concurrent('pieces of answers are in the JSON only with --deltas', async () => {
  const words = ['run', './agents.ts', '--model', 'offline', '--input', 'topic=tea', '--json'];
  const [without, deltas] = await Promise.all([cli(words), cli([...words, '--deltas'])]);
  expect(without.stdout).toContain('"model.end"');
  expect(without.stdout).not.toContain('"model.delta"');
  expect(deltas.stdout).toContain('"model.delta"');
});

test.concurrent('--model gives a model to agents that name none', async () => {
  const { code, stdout, stderr } = await cli(['run', './agents.ts', '--model', 'offline', '--input', 'topic=tea']);
  expect(code).toBe(0);
  expect(stdout).toContain('not a language model');
  expect(stderr).toMatch(/research {2}Analyst calls read_file/);
  expect(stderr).toMatch(/model calls · .* tokens in, .* out · offline/);
});

test.concurrent('--model on a crew that names its own model says that it changed nothing', async () => {
  const { code, stderr } = await cli(['run', './models.ts', '--model', 'offline']);
  expect(code).toBe(0);
  expect(stderr).toContain('--model offline was not used: the crew names its models itself (mine).\n');
});

test.concurrent('a call that failed, and one that nobody counted, were made all the same', async () => {
  const [failed, uncounted] = await Promise.all([
    cli(['run', './models.ts'], { env: { TEST_MODEL: 'fails' } }),
    cli(['run', './models.ts']),
  ]);
  expect([failed.code, uncounted.code]).toEqual([1, 0]);
  for (const { stderr } of [failed, uncounted]) {
    expect(stderr).toMatch(/1 model call · \d+ tokens in, \d+ out \(1 call estimated\) · mine\n/);
    expect(stderr).not.toContain('No model was called');
  }
});

test.concurrent('inputs come from a file, and --input wins over it', async () => {
  const cwd = folderWith({ 'inputs.json': '{"topic": "coffee", "times": 2}' });
  const { stdout } = await cli(['run', './code.ts', '--inputs', `${cwd}/inputs.json`, '--input', 'topic=tea']);
  expect(stdout).toBe('left of tea, {"times":2}\n');
});

test.concurrent('missing inputs are listed with what they are for, and nothing runs', async () => {
  const { code, stdout, stderr } = await cli(CODE);
  expect(stderr).toBe(
    '✗ Crew "code" needs one more input:\n    topic  text: What it is about\n  Add: --input topic=…\n  USAGE\n',
  );
  expect(stdout).toBe('');
  expect(code).toBe(2);
});

test.concurrent('a failed run says why, shows what was finished, and exits with 1', async () => {
  const { code, stdout, stderr } = await cli(['run', './failing.ts'], { env: { TEST_API_KEY: 'sk-0123456789' } });
  expect(stderr).toContain('── fine ──\nwhat fine found');
  expect(stderr).toMatch(/✗ .*no disk for \[secret\]\n {2}TASK_FAILED · task broken/);
  expect(stderr).not.toContain('\u001b');
  expect(stderr).not.toContain('sk-0123456789');
  expect(stdout).toBe('');
  expect(code).toBe(1);
});

test.concurrent('--debug and CREWLINE_DEBUG add the stack', async () => {
  const [plain, option, variable] = await Promise.all([
    cli(['run', './failing.ts']),
    cli(['run', './failing.ts', '--debug']),
    cli(['run', './failing.ts'], { env: { CREWLINE_DEBUG: '1' } }),
  ]);
  expect(plain.stderr).not.toMatch(/ at .*failing\.ts/);
  expect(option.stderr).toMatch(/ at .*failing\.ts/);
  expect(variable.stderr).toMatch(/ at .*failing\.ts/);
});

test.concurrent('Ctrl-C stops the run in an orderly way, and shows what was finished', async () => {
  const child = startCli(['run', './stopping.ts']);
  const end = ended(child);
  await says(child, 'quick  done');
  child.kill('SIGINT');
  const { code, stdout, stderr } = await end;
  expect(stderr).toContain('Stopping what is under way. Press Ctrl-C again to leave at once.');
  expect(stderr).toContain('slow   cancelled');
  expect(stderr).toContain('── quick ──\nwhat quick found');
  expect(stdout).toBe('');
  expect(code).toBe(130);
});

test.concurrent('a second Ctrl-C leaves at once', async () => {
  const child = startCli(['run', './stubborn.ts']);
  const end = ended(child);
  await says(child, 'deaf  started');
  child.kill('SIGINT');
  await says(child, 'again');
  child.kill('SIGINT');
  expect((await end).code).toBe(130);
});

test.concurrent('a second Ctrl-C leaves within a second, whatever still runs', async () => {
  const child = startCli(['run', './stubborn.ts']);
  const end = ended(child);
  await says(child, 'deaf  started');
  child.kill('SIGINT');
  child.kill('SIGTERM');
  await says(child, 'Stopping');
  child.kill('SIGINT');
  const code = await Promise.race([
    end.then((ending) => ending.code),
    new Promise((late) => setTimeout(late, 1_000, 'late')),
  ]);
  child.kill('SIGKILL');
  expect(code).toBe(130);
});

test.concurrent('with --exit-on-hup a closed terminal stops the run in an orderly way', async () => {
  const child = startCli(['run', './stopping.ts', '--exit-on-hup']);
  const end = ended(child);
  await says(child, 'quick  done');
  child.kill('SIGHUP');
  child.kill('SIGHUP');
  const { code, stderr } = await end;
  expect(stderr).toContain('slow   cancelled');
  expect(stderr).toContain('── quick ──\nwhat quick found');
  expect(code).toBe(130);
});

test.concurrent('a run that has used up its budget is paused: exit code 3, with what was finished and what to do', async () => {
  const { code, stdout, stderr } = await cli(['run', './spending.ts'], { env: { TEST_CALLS: '2' } });
  expect(stderr).toContain('model calls: 100 % of the budget is used (2 of 2)');
  expect(stderr).toContain('── first ──\nwhat first found');
  expect(stderr).toContain(
    '✗ The run has used up its budget: 2 of 2 model calls are used. Raise budget.modelCalls of its crew, or give it less to do.\n  BUDGET_EXCEEDED',
  );
  expect(stderr).toContain('2 model calls · 2.0k tokens in, 200 out · $0.0400 · mine\n');
  expect(stdout).toBe('');
  expect(code).toBe(3);
});

test.concurrent('a run that is done in part exits with 0, and says what it went without and because of whom', async () => {
  const { code, stdout, stderr } = await cli(['run', './spending.ts'], { env: { TEST_FAILS: '1' } });
  expect(stdout).toBe('what apart found\n');
  expect(stderr).toContain(
    '■ first failed: MODEL_FAILED: Model "mine" failed: the server is down\n■ then was skipped because of first\n',
  );
  expect(stderr).toMatch(/2 model calls · .* \(1 call estimated\) · \$0\.\d+ · mine\n/);
  expect(code).toBe(0);
});

test.concurrent('a closed terminal does not end a run', async () => {
  const child = startCli(['run', './stopping.ts']);
  const end = ended(child);
  await says(child, 'quick  done');
  child.kill('SIGHUP');
  child.kill('SIGTERM');
  const { code, stderr } = await end;
  expect(stderr).toContain('Stopping what is under way.');
  expect(code).toBe(130);
});

test.concurrent('a reader that goes away does not crash the run', async () => {
  const child = startCli(['run', './loud.ts']);
  const end = ended(child);
  child.stdout.destroy();
  const { code, stderr } = await end;
  expect(stderr).toContain('loud  done');
  expect(stderr).not.toContain('EPIPE');
  expect(code).toBe(0);
});

test.concurrent('nobody reading anything does not crash it either', async () => {
  const child = startCli(['run', './code.ts', '--input', 'topic=tea']);
  child.stdout.destroy();
  child.stderr.destroy();
  expect((await ended(child)).code).toBe(0);
});

test.concurrent('a crew file that waits for what can never happen says so instead of ending silently', async () => {
  const { code, stderr } = await cli(['run', './waiting.ts']);
  expect(stderr).toContain('✗ Stopped: something waits for what can never happen.');
  expect(code).toBe(1);
});

test.concurrent('colours come only when they are asked for', async () => {
  const words = [...CODE, '--input', 'topic=tea'];
  const [piped, forced, both] = await Promise.all([
    cli(words),
    cli(words, { env: { FORCE_COLOR: '1' } }),
    cli(words, { env: { FORCE_COLOR: '1', NO_COLOR: '1' } }),
  ]);
  expect(piped.stderr).not.toContain('\u001b');
  expect(forced.stderr).toContain('\u001b[32mdone\u001b[39m');
  expect(both.stderr).not.toContain('\u001b');
});
