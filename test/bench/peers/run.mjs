/**
 * `node test/bench/peers/run.mjs [repetitions]`: Crewline (as built in dist) beside other frameworks. Installs pinned
 * versions that run on Node 20 (of LangGraph an older one: newer ones did not install) into a temporary folder, and prints
 * Markdown tables. Within a repetition the contenders take turns; a figure is the median of the repetitions, with the
 * smallest and the largest.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { measured, median, withServer } from '../measure.mjs';
import { install, packed } from './install.mjs';

const repetitions = Number(process.argv[2] ?? 5);
const N = 1000;
const ROUNDS = 30;
const SECONDS = 2;
const root = mkdtempSync(join(tmpdir(), 'crewline-peers-'));
Object.assign(process.env, {
  LANGSMITH_TRACING: 'false',
  OPENAI_AGENTS_DISABLE_TRACING: '1',
  MASTRA_TELEMETRY_DISABLED: '1',
});

const peers = {
  crewline: { packages: () => [packed(root)], imports: ['crewline'], code: true },
  'ai-sdk': {
    packages: () => ['ai@6.0.322', '@ai-sdk/openai-compatible@2.0.87', 'zod@4.6.7'],
    imports: ['ai', '@ai-sdk/openai-compatible'],
  },
  langgraph: {
    packages: () => ['@langchain/langgraph@1.0.7', '@langchain/openai@1.5.8', '@langchain/core@1.2.13', 'zod@4.6.7'],
    imports: ['@langchain/langgraph', '@langchain/openai'],
    code: true,
  },
  'openai-agents': { packages: () => ['@openai/agents@0.14.3', 'zod@4.6.7'], imports: ['@openai/agents'] },
  mastra: {
    packages: () => ['@mastra/core@0.24.9', '@ai-sdk/openai-compatible@1.0.22', 'zod@4.6.7'],
    imports: ['@mastra/core', '@mastra/core/agent', '@mastra/core/workflows', '@ai-sdk/openai-compatible'],
    code: true,
  },
};

/** `raw` runs beside Crewline, whose `openai` it uses. */
function run(who, ...args) {
  const script = pathToFileURL(join(root, who === 'raw' ? 'crewline' : who, 'contender.mjs')).href;
  return measured(script, [who, ...args]);
}

function startUp(who, code) {
  const start = performance.now();
  const { status } = spawnSync(process.execPath, ['--input-type=module', '-e', code], { cwd: join(root, who) });
  if (status !== 0) throw new Error(`${who}: node ended with ${status}`);
  return performance.now() - start;
}

const figures = {};
function add(who, figure, value) {
  figures[who] ??= {};
  figures[who][figure] ??= [];
  figures[who][figure].push(value);
}

async function http(url, count) {
  const before = await count();
  const raw = await run('raw', 'http', 'wide', N, 3, 60, url);
  if ((await count()) - before !== N * raw.rounds) throw new Error('raw: not one request a task');
  add('raw', 'wall ms', raw.wall);
  add('raw', 'CPU ms', raw.cpu);
  for (const who of Object.keys(peers)) {
    const earlier = await count();
    const { wall, cpu, rounds } = await run(who, 'http', 'wide', N, 3, 60, url);
    if ((await count()) - earlier !== N * rounds) throw new Error(`${who}: not one request a task`);
    add(who, 'HTTP wall / raw', wall / raw.wall);
    add(who, 'HTTP CPU / raw', cpu / raw.cpu);
  }
}

async function costs(who) {
  const perTask = async (part, shape) => ((await run(who, part, shape, N, ROUNDS, SECONDS)).cpu * 1000) / N;
  if (peers[who].code) {
    add(who, 'code, wide: µs CPU a task', await perTask('code', 'wide'));
    add(who, 'code, layered: µs CPU a task', await perTask('code', 'layered'));
  }
  add(who, 'agent in memory: µs CPU a task', await perTask('memory', 'wide'));
}

function imports(who) {
  const code = peers[who].imports.map((name) => `import '${name}';`).join('');
  // Some packages keep Node running after they are imported: the script ends it.
  for (let pair = 0; pair < 5; pair += 1) {
    const bare = startUp(who, 'process.exit(0)');
    add(who, 'import, ms over bare Node', startUp(who, `${code}process.exit(0)`) - bare);
  }
}

const shown = (value) => value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0);
const cell = (values) =>
  values === undefined ? '–' : `${shown(median(values))} (${shown(Math.min(...values))}–${shown(Math.max(...values))})`;

function table(headings, rows) {
  for (const row of [headings, headings.map(() => '---'), ...rows]) console.log(`| ${row.join(' | ')} |`);
}

try {
  cpSync(fileURLToPath(new URL('../graphs.mjs', import.meta.url)), join(root, 'graphs.mjs'));
  const footprints = {};
  for (const [who, peer] of Object.entries(peers)) footprints[who] = install(join(root, who), peer.packages());
  for (let repetition = 0; repetition < repetitions; repetition += 1) {
    await withServer(50, http);
    for (const who of Object.keys(peers)) {
      await costs(who);
      imports(who);
    }
    console.error(`repetition ${repetition + 1} of ${repetitions}; load ${loadavg()[0].toFixed(1)}`);
  }
  const names = Object.keys(peers);
  const keys = Object.keys(figures.crewline);
  table(
    ['', ...names],
    keys.map((key) => [key, ...names.map((who) => cell(figures[who][key]))]),
  );
  console.log(`\nraw: wall ${cell(figures.raw['wall ms'])} ms, CPU ${cell(figures.raw['CPU ms'])} ms for ${N} calls\n`);
  table(
    ['', 'installed', 'packages', 'MB', 'install scripts'],
    names.map((who) => {
      const { packages, mb, scripts } = footprints[who];
      const pinned = who === 'crewline' ? 'this repository' : peers[who].packages().join(' ');
      return [who, pinned, packages, mb.toFixed(1), scripts];
    }),
  );
} finally {
  rmSync(root, { recursive: true, force: true });
}
