/**
 * One contender over HTTP, in a process of its own: `node contender.mjs <who> <shape> <n> <url> <rounds>`.
 * Prints a JSON line: wall and CPU of the fastest warm round (the first is warm-up), and the process's peak memory.
 */
const [who, shape, count, url, rounds] = process.argv.slice(2);
const n = Number(count);
const PROMPT = 'Say something short about part';

const kickoff = who === 'raw' ? await raw() : await crew();

async function raw() {
  const { default: OpenAI } = await import('openai');
  const client = new OpenAI({ baseURL: url, apiKey: 'test', maxRetries: 0 });
  const call = async (id, context) => {
    const completion = await client.chat.completions.create({
      model: 'm',
      messages: [
        { role: 'system', content: 'You are an analyst. Find out what there is to know.' },
        { role: 'user', content: `${PROMPT} ${id}. ${context}` },
      ],
    });
    return completion.choices[0].message.content;
  };
  if (shape === 'wide') {
    return async () => {
      const answers = await Promise.all(Array.from({ length: n }, (_, id) => call(id, '')));
      return answers.length;
    };
  }
  return async () => {
    let last = '';
    for (let id = 0; id < n; id += 1) last = await call(id, last);
    return n;
  };
}

async function crew() {
  const { Agent, Crew, openai, Task } = await import('crewline');
  const model = openai({ model: 'm', baseURL: url, apiKey: 'test', maxConcurrency: n });
  const agent = new Agent({ role: 'Analyst', goal: 'Find out what there is to know', backstory: 'Careful.', model });
  const tasks = Array.from(
    { length: n },
    (_, id) =>
      new Task({
        name: `t${id}`,
        description: `${PROMPT} ${id}.`,
        expectedOutput: 'A few words.',
        agent,
        ...(shape === 'chain' && id > 0 && { context: [`t${id - 1}`] }),
      }),
  );
  if (shape === 'wide') {
    const context = tasks.map((task) => task.name);
    tasks.push(new Task({ name: 'join', context, execute: ({ context: all }) => Object.keys(all).length }));
  }
  const crew = new Crew({ name: 'bench', tasks, agents: [agent], process: 'parallel' });
  return async () => {
    const result = await crew.kickoff();
    return shape === 'wide' ? result.output : n;
  };
}

let best = { wall: Number.POSITIVE_INFINITY, cpu: Number.POSITIVE_INFINITY };
for (let round = 0; round <= Number(rounds); round += 1) {
  const cpu = process.cpuUsage();
  const start = performance.now();
  const answers = await kickoff();
  const wall = performance.now() - start;
  const used = process.cpuUsage(cpu);
  if (answers !== n) throw new Error(`${who}: ${answers} answers instead of ${n}`);
  if (round > 0) best = { wall: Math.min(best.wall, wall), cpu: Math.min(best.cpu, (used.user + used.system) / 1000) };
}
console.log(JSON.stringify({ ...best, peakMb: process.resourceUsage().maxRSS / 1024 }));
process.exit(0);
