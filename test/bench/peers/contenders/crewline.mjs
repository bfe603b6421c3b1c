/** Crewline: a crew of tasks. Events and usage are always counted; retries are off. */
import { Agent, Crew, openai, Task } from 'crewline';
import { ANSWER, PROMPT } from '../words.mjs';

function crewOf(n, model) {
  const agent = new Agent({ role: 'Analyst', goal: 'Find out what there is to know', backstory: 'Careful.', model });
  const tasks = Array.from(
    { length: n },
    (_, id) => new Task({ name: `t${id}`, description: `${PROMPT} ${id}.`, expectedOutput: 'A few words.', agent }),
  );
  const context = tasks.map((task) => task.name);
  const execute = ({ context: all }) => Object.values(all).filter(Boolean).length;
  tasks.push(new Task({ name: 'join', context, execute }));
  const crew = new Crew({ name: 'bench', tasks, agents: [agent], process: 'parallel' });
  return async () => (await crew.kickoff()).output;
}

export const http = ({ n, url }) => crewOf(n, openai({ model: 'm', baseURL: url, apiKey: 'test', maxConcurrency: n }));

export const memory = ({ n }) =>
  crewOf(n, {
    name: 'memory',
    async *generate() {
      yield { type: 'text', text: ANSWER };
      yield { type: 'end', finishReason: 'stop', usage: { inputTokens: 40, outputTokens: 5 } };
    },
  });

export function code({ graph }) {
  const execute = async () => 1;
  return async () => {
    const tasks = graph.map(
      (needs, id) => new Task({ name: `t${id}`, execute, context: needs.map((other) => `t${other}`) }),
    );
    const result = await new Crew({ name: 'bench', tasks, process: 'parallel' }).kickoff();
    return Object.values(result.tasks).filter((task) => task.status === 'done').length;
  };
}
