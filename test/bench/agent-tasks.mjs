/** Agent tasks on a model in memory: prompt, events, usage. Prints CPU and wall in µs a task of the best warm round. */
import { Agent, Crew, Task } from 'crewline';

const n = Number(process.argv[2]);
const model = {
  name: 'memory',
  async *generate() {
    yield { type: 'text', text: 'an answer of a few words' };
    yield { type: 'end', finishReason: 'stop', usage: { inputTokens: 40, outputTokens: 5 } };
  },
};
const agent = new Agent({ role: 'Analyst of {{topic}}', goal: 'Find out', backstory: 'Careful.', model });
const tasks = Array.from(
  { length: n },
  (_, id) =>
    new Task({ name: `t${id}`, description: `Look into {{topic}}, part ${id}.`, expectedOutput: 'A list', agent }),
);
const crew = new Crew({ name: 'bench', tasks, agents: [agent], process: 'parallel' });
let best = { cpu: Number.POSITIVE_INFINITY, wall: Number.POSITIVE_INFINITY };
for (let round = 0; round < 30; round += 1) {
  const cpu = process.cpuUsage();
  const start = performance.now();
  const run = crew.start({ inputs: { topic: 'cats' } });
  let events = 0;
  run.on('model.end', () => {
    events += 1;
  });
  run.on('task.end', () => {
    events += 1;
  });
  const { usage } = await run.result;
  const wall = ((performance.now() - start) * 1000) / n;
  const used = process.cpuUsage(cpu);
  if (events !== 2 * n || usage.modelCalls !== n) throw new Error('events or usage are missing');
  best = { cpu: Math.min(best.cpu, (used.user + used.system) / n), wall: Math.min(best.wall, wall) };
}
console.log(JSON.stringify(best));
