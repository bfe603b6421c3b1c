/**
 * 200 agent tasks, or the same 200 calls by hand, against a server that takes 60 requests in any minute, in a process of
 * its own: `node paced-crew.mjs <declared|told|naive>`. Prints a JSON line: how many failed, the pace as a share of what
 * is allowed, and how many requests were answered 429, as a share of all.
 */
import { Agent, Crew, inMemory, openai, Task } from 'crewline';
import { modelServer } from 'crewline/testing';

const TASKS = 200;
const PER_MINUTE = 60;
/** All clocks but the sockets' run so much faster. */
const SPEED = 20;
const MINUTE = 60_000;
const LATENCY = 2_000;

const runtime = {
  now: () => Date.now(),
  monotonic: () => performance.now() * SPEED,
  random: () => Math.random(),
  uuid: () => crypto.randomUUID(),
  timer(ms, fn) {
    const timer = setTimeout(fn, Math.min(ms / SPEED, 2 ** 31 - 1));
    return () => clearTimeout(timer);
  },
};

const [how] = process.argv.slice(2);
const accepted = [];
let refused = 0;

/** What a provider's server does: counts what it took in the last minute, and says so. */
function respond() {
  const now = runtime.monotonic();
  const taken = accepted.filter((at) => at > now - MINUTE);
  const isFull = taken.length >= PER_MINUTE;
  if (isFull) refused += 1;
  else accepted.push(now);
  const left = Math.max(0, PER_MINUTE - taken.length - 1);
  const resetMs = (accepted.at(-1) ?? now) + MINUTE - now;
  const headers = {
    'x-ratelimit-limit-requests': `${PER_MINUTE}`,
    'x-ratelimit-remaining-requests': `${left}`,
    'x-ratelimit-reset-requests': `${Math.ceil(resetMs)}ms`,
  };
  if (isFull) {
    return {
      status: 429,
      error: { message: 'Rate limit reached', code: 'rate_limit_exceeded' },
      ...(how === 'told' && { headers }),
    };
  }
  const message = { role: 'assistant', content: 'done' };
  const usage = { prompt_tokens: 50, completion_tokens: 2, total_tokens: 52 };
  const body = { id: 'c', object: 'chat.completion', choices: [{ index: 0, message, finish_reason: 'stop' }], usage };
  return {
    raw: JSON.stringify(body),
    delayMs: LATENCY,
    contentType: 'application/json',
    ...(how === 'told' && { headers }),
  };
}

const server = await modelServer({ respond, runtime });
const failed = how === 'naive' ? await naive() : await crew();
await server.close();
const first = accepted[0] ?? 0;
const minutes = ((accepted.at(-1) ?? 0) - first) / MINUTE;
console.log(
  JSON.stringify({
    failed,
    pace: accepted.length / minutes / PER_MINUTE,
    refused: refused / (refused + accepted.length),
  }),
);

async function naive() {
  const { default: OpenAI } = await import('openai');
  const client = new OpenAI({ baseURL: server.url, apiKey: 'test', maxRetries: 0 });
  const messages = [{ role: 'user', content: 'Say something short.' }];
  const calls = Array.from({ length: TASKS }, () => client.chat.completions.create({ model: 'm', messages }));
  const settled = await Promise.allSettled(calls);
  return settled.filter(({ status }) => status === 'rejected').length;
}

async function crew() {
  const limits = how === 'declared' ? { requestsPerMinute: PER_MINUTE } : {};
  const model = openai({ model: 'm', baseURL: server.url, apiKey: 'test', ...limits });
  const agent = new Agent({ role: 'Analyst', goal: 'Find out', backstory: 'Careful.', model });
  const tasks = Array.from({ length: TASKS }, (_, at) => {
    return new Task({ name: `t${at}`, description: `Part ${at}.`, expectedOutput: 'A few words.', agent });
  });
  const all = new Crew({ name: 'paced', agents: [agent], tasks, process: 'parallel', engine: inMemory({ runtime }) });
  const result = await all.kickoff({ settle: true });
  return Object.values(result.tasks).filter(({ status }) => status !== 'done').length;
}
