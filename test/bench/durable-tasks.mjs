/**
 * Code tasks of three steps that do nothing, worked durably and gone on with: `node durable-tasks.mjs <synchronous> <n>`. Prints a JSON
 * line: CPU and wall in seconds of the run, of the driver alone writing rows of the same sizes in as many commits, and of resuming
 * the run, of which only the last task is left; and by how many bytes the process had grown at its largest.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Crew, Task } from 'crewline';
import { sqlite } from 'crewline/sqlite';
import { openDatabase } from '../../dist/engines/sqlite/driver.js';

const [synchronous, count] = process.argv.slice(2);
const n = Number(count);
const folder = mkdtempSync(join(tmpdir(), 'crewline-bench-'));
const STEPS = ['one', 'two', 'three'];
const nothing = async () => null;
let isDown = true;

function crewOn(file, size) {
  const tasks = Array.from(
    { length: size },
    (_, id) =>
      new Task({
        name: `t${id}`,
        execute: async ({ step }) => {
          for (const name of STEPS) await step(name, nothing);
          return id;
        },
      }),
  );
  const last = new Task({
    name: 'last',
    dependsOn: tasks,
    execute: () => {
      if (isDown) throw new Error('not yet');
      return null;
    },
  });
  return new Crew({
    name: 'bench',
    tasks: [...tasks, last],
    process: 'parallel',
    engine: sqlite({ file, synchronous }),
  });
}

/** The rows of such a run: each step of all tasks in one commit, then their ends in one. */
async function bare(file) {
  const db = await openDatabase(file);
  db.exec(`PRAGMA journal_mode = wal; PRAGMA synchronous = ${synchronous}`);
  db.exec('CREATE TABLE records (run_id, seq, label, value, hash, PRIMARY KEY (run_id, seq)) WITHOUT ROWID');
  const add = db.prepare('INSERT INTO records (run_id, seq, label, value, hash) VALUES (?, ?, ?, ?, ?)');
  const hash = Buffer.alloc(32);
  let seq = 0;
  for (const [kind, value] of [...STEPS.map((name) => [name, '{"value":null}']), ['task', 'x'.repeat(500)]]) {
    db.exec('BEGIN IMMEDIATE');
    for (let id = 0; id < n; id += 1) {
      add.run('run_00000000-0000-0000-0000-000000000000', seq, `["step","t${id}","user.${kind}"]`, value, hash);
      seq += 1;
    }
    db.exec('COMMIT');
  }
  db.close();
}

async function timed(work) {
  globalThis.gc?.();
  const start = performance.now();
  const before = process.cpuUsage();
  const made = await work();
  const { user, system } = process.cpuUsage(before);
  return { made, wall: (performance.now() - start) / 1000, cpu: (user + system) / 1e6 };
}

try {
  const warm = await crewOn(join(folder, 'warm.db'), 100).kickoff({ settle: true });
  const before = process.memoryUsage().rss;
  const file = join(folder, 'runs.db');
  const run = await timed(() => crewOn(file, n).kickoff({ settle: true }));
  const peakBytes = process.resourceUsage().maxRSS * 1024 - before;
  const alone = await timed(() => bare(join(folder, 'bare.db')));
  isDown = false;
  await crewOn(join(folder, 'warm.db'), 100).resume(warm.runId);
  const again = crewOn(file, n);
  const resume = await timed(() => again.resume(run.made.runId));
  if (run.made.status !== 'failed' || resume.made.status !== 'done') throw new Error('the runs ended otherwise');
  const figures = ({ wall, cpu }) => ({ wall, cpu });
  console.log(JSON.stringify({ run: figures(run), bare: figures(alone), resume: figures(resume), peakBytes }));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
