/**
 * 200 agent tasks, or the same 200 calls by hand, against a server that takes 60 requests in any minute, in a process of
 * its own: `node paced-crew.mjs <declared|told|naive>`. Over HTTP, on a clock that stands still while a request is on its
 * way, so that no minute is waited for and a busy machine changes nothing. Prints a JSON line: how many failed, the pace
 * as a share of what is allowed, and how many requests were answered 429, as a share of all.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, Crew, inMemory, openai, Task } from 'crewline';
import { fakeClock, modelServer } from 'crewline/testing';

const TASKS = 200;
const PER_MINUTE = 60;
const MINUTE = 60_000;
const LATENCY = 2_000;
const STEP = 100;

const clock = fakeClock();
const [how] = process.argv.slice(2);
const accepted = [];
let refused = 0;

/** What a provider's server does: counts what it took in the last minute, and says so. */
function respond() {
  const now = clock.monotonic();
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
    contentType: 'application/json',
    ...(how === 'told' && { headers }),
  };
}

const server = await modelServer({ respond });
const limits = how === 'declared' ? { requestsPerMinute: PER_MINUTE } : {};
const real = openai({ model: 'm', baseURL: server.url, apiKey: 'test', ...limits });
let onTheWay = 0;
/** The same model; it takes its time by the clock, and not all requests arrive equally fast. */
const model = {
  ...real,
  async *generate(request, options) {
    await clock.sleep(20 + clock.random() * 200, options.signal);
    onTheWay += 1;
    const parts = [];
    try {
      for await (const part of real.generate(request, options)) parts.push(part);
    } finally {
      onTheWay -= 1;
    }
    await clock.sleep(LATENCY * (0.5 + clock.random()), options.signal);
    yield* parts;
  },
};

const failed = await onClock(how === 'naive' ? naive() : crew());
await server.close();
const minutes = ((accepted.at(-1) ?? 0) - (accepted[0] ?? 0)) / MINUTE;
const pace = accepted.length / minutes / PER_MINUTE;
console.log(JSON.stringify({ failed, pace, refused: refused / (refused + accepted.length) }));

async function onClock(work) {
  let isOver = false;
  const end = () => {
    isOver = true;
  };
  work.then(end, end);
  while (!isOver) {
    if (onTheWay > 0) await sleep(1);
    else await clock.advance(STEP);
  }
  return work;
}

async function naive() {
  const request = { messages: [{ role: 'user', content: 'Say something short.' }], stream: false };
  const call = async () => {
    const options = { signal: new AbortController().signal, runId: 'r', taskName: 't', agent: 'a', key: 'k' };
    for await (const part of model.generate(request, options)) if (part.type === 'end') return;
  };
  const settled = await Promise.allSettled(Array.from({ length: TASKS }, call));
  return settled.filter(({ status }) => status === 'rejected').length;
}

async function crew() {
  const agent = new Agent({ role: 'Analyst', goal: 'Find out', backstory: 'Careful.', model });
  const tasks = Array.from({ length: TASKS }, (_, at) => {
    return new Task({ name: `t${at}`, description: `Part ${at}.`, expectedOutput: 'A few words.', agent });
  });
  const engine = inMemory({ runtime: clock });
  const all = new Crew({ name: 'paced', agents: [agent], tasks, process: 'parallel', engine });
  const result = await all.kickoff({ settle: true });
  return Object.values(result.tasks).filter(({ status }) => status !== 'done').length;
}
