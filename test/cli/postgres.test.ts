import { afterEach, expect, test } from 'vitest';
import { answer } from '../../src/cli/answer.ts';
import type { Command } from '../../src/cli/command.ts';
import { plan } from '../../src/cli/plan.ts';
import { replay } from '../../src/cli/replay.ts';
import { resume } from '../../src/cli/resume.ts';
import { reviews } from '../../src/cli/reviews.ts';
import { run } from '../../src/cli/run.ts';
import { runs } from '../../src/cli/runs.ts';
import { runsSalvage } from '../../src/cli/runs-salvage.ts';
import { runsShow } from '../../src/cli/runs-show.ts';
import { CrewProcess, killAll, workers } from '../engines/dbos/processes.ts';
import { rowsOf } from '../postgres/rows.ts';
import { sharedPostgres } from '../postgres/shared.ts';
import { callerIn } from './call.ts';
import { folderWith } from './cli.ts';

afterEach(killAll);

const postgres = await sharedPostgres();
const shared = test.skipIf(postgres === undefined);
const PASSWORD = 'correct-horse';

/** A letter that a person has to see, and what is made of it. */
const POST = `
import { Crew, Task } from 'crewline';

const letter = new Task({ name: 'letter', execute: ({ inputs }) => 'Dear ' + inputs.to, humanReview: { question: 'May it go?' } });
const send = new Task({ name: 'send', context: [letter], execute: ({ context }) => 'sent: ' + context.letter });
export default new Crew({ name: 'post', tasks: [letter, send] });
`;

/** A Postgres of its own, named as who has to give a password would; and commands that look there, in a folder with a crew. */
async function place() {
  const url = (await postgres?.freshDatabase()) ?? '';
  const secret = url.replace('postgres@', `postgres:${PASSWORD}@`);
  const call = callerIn(folderWith({ 'post.mjs': POST }));
  const told: string[] = [];
  return {
    url,
    /** All that any command has shown. */
    told,
    where: url.replace('postgres@', ''),
    async call(command: Command, ...words: readonly string[]) {
      const called = await call(command, ...words, '--engine', `dbos:${secret}`);
      told.push(called.seen, String(called.thrown));
      return called;
    },
  };
}

shared('a run in Postgres is shown, answered, gone on with, replayed and reused as one in a file is', async () => {
  const { call, told, where } = await place();
  const paused = await call(run, './post.mjs', '--input', 'to=all');
  expect(paused.code).toBe(3);
  const [, runId = ''] = new RegExp(`Run (run_\\S+) is kept in ${where}\\. To go on`).exec(paused.seen) ?? [];
  expect(paused.seen).toContain(
    `To answer what letter asks:\n  crewline answer ${runId} letter --engine dbos --approve\n  or, instead of --approve: --edit '<text>' or`,
  );
  expect(paused.seen).toContain(`To go on with it: crewline resume ${runId} --engine dbos\n--engine dbos takes`);

  expect((await call(runs)).stdout).toMatch(new RegExp(`^run .*\n${runId} +post +paused +\\d\\S+ \\S+Z +0 of 2\n$`));
  const start = runId.slice(0, 12);
  expect((await call(runsShow, start)).stdout).toContain(
    `letter  waits for an answer to letter/review.1 (REVIEW_PENDING): crewline reviews ${runId} --engine dbos\n`,
  );
  expect((await call(reviews)).stdout).toContain(`crewline answer ${runId} letter --engine dbos --approve\n`);
  expect((await call(reviews, start)).stdout).toMatch(/^letter {2}May it go\? {2}post · \S+ \S+Z\n {2}Dear all\n/);
  expect((await call(answer, start, 'letter', '--edit', 'Dear Ann')).seen).toContain(
    `Answered. Who works the run goes on; if nobody does: crewline resume ${runId} --engine dbos\n`,
  );
  expect(await call(reviews)).toMatchObject({ seen: 'Nothing waits for a person.\n' });

  // It finds its crew by the file that was kept with the run.
  expect(await call(resume, start)).toMatchObject({ code: 0, stdout: 'sent: Dear Ann\n' });
  const again = await call(replay, start, '--from', 'send');
  expect(again).toMatchObject({ code: 0, stdout: 'sent: Dear Ann\n' });
  expect(again.seen).toContain(`letter  done, reused from ${runId}\n`);
  const reused = await call(run, './post.mjs', '--input', 'to=all', '--reuse', start);
  expect(reused.seen).toContain(`send    done, reused from ${runId}\n`);
  const list = JSON.parse((await call(runs, '--json', '--limit', '2')).stdout);
  expect(list).toMatchObject([
    { crew: 'post', status: 'done', tasks: 2, done: 2, costUsd: 0 },
    { crew: 'post', status: 'done', tasks: 2, done: 2, costUsd: 0 },
  ]);
  expect((await call(runsShow, list[0].runId)).stdout).toMatch(
    new RegExp(`crew +post \\(post.mjs\\)\n.*reuses +${runId}\n`, 's'),
  );
  expect((await call(plan, './post.mjs')).stdout).toMatch(/^expected +about .*, by the last 2 runs$/m);
  expect((await call(runsSalvage, start)).thrown).toMatchObject({
    code: 'USAGE',
    message: expect.stringContaining('Postgres itself answers for what it gives back'),
  });
  expect((await call(runsShow, `${runId}x`)).thrown).toMatchObject({
    code: 'RUN_UNKNOWN',
    message: `This Postgres has no run ${runId}x. Did you mean ${runId}?`,
  });
  expect(told.join('\n')).not.toContain(PASSWORD);
});

shared('who looks into a Postgres makes no table there, and sees who works a run, or that nobody does', async () => {
  const { call, told, url, where } = await place();
  expect((await call(runs)).seen).toBe(`No runs are kept in ${where} yet.\n`);
  expect((await call(reviews)).seen).toBe('Nothing waits for a person.\n');
  expect((await call(plan, './post.mjs')).stdout).not.toContain('expected');
  expect((await call(resume, 'run_12345678')).thrown).toMatchObject({
    code: 'RUN_UNKNOWN',
    message: `There is no run run_12345678: nothing has been kept in ${where} yet.\nOf a crew with an engine of its own, name the crew too.`,
  });
  const schemas = "SELECT nspname FROM pg_namespace WHERE nspname IN ('crewline', 'dbos')";
  expect(await rowsOf(url, schemas)).toEqual([]);

  const job = { url, crew: 'slow', kind: 'stepping', steps: 1_000, ms: 50 };
  const status = async () => JSON.parse((await call(runs, '--json')).stdout)[0];
  const becomes = async (isSo: (run: Awaited<ReturnType<typeof status>>) => boolean) => {
    for (;;) {
      const now = await status();
      if (isSo(now)) return now;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  new CrewProcess({ ...job, submit: 'start', engine: { work: false } });
  const queued = await becomes((now) => now !== undefined);
  expect(queued).toMatchObject({ crew: 'slow', status: 'queued', done: 0, tasks: 2 });
  const { unserved } = await becomes((now) => now.unserved !== undefined);
  expect((await call(runs)).stdout).toContain(`  queued: no worker serves version ${unserved}  `);
  const [kept] = await rowsOf(url, 'SELECT version FROM crewline.runs');
  expect(kept).toEqual({ version: unserved });
  const [worker] = await workers(1, job);
  const running = await becomes(({ status: now }) => now !== 'queued');
  const pid = worker?.child.pid;
  expect(running).toMatchObject({ status: 'running', owner: { pid, live: true } });
  expect(running.unserved).toBeUndefined();
  const shown = async () => JSON.parse((await call(runsShow, queued.runId, '--json')).stdout);
  while ((await shown()).begun.length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
  expect((await call(runsShow, queued.runId)).stdout).toMatch(/tasks done +0 of 2\n.*\n {2}\w+ +has begun/s);
  expect((await call(runs)).stdout).toContain(`running (process ${pid} on `);
  worker?.kill('SIGKILL');
  // It would have to say nothing for a quarter of a minute.
  await rowsOf(url, "UPDATE crewline.workers SET seen = seen - interval '1 hour'");
  expect((await call(runs)).stdout).toContain('cut off');
  expect(told.join('\n')).not.toContain(PASSWORD);
});
