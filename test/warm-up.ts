import { Agent, Crew, inMemory, offline, Task } from 'crewline';

// What runs crews, and what managers need, is loaded with the first kickoffs, in real time; from then on a clock that
// stands still needs no patience. Imported for that alone.
const only = new Task({
  name: 'only',
  description: 'Do it.',
  expectedOutput: 'A text.',
  agent: new Agent({ role: 'A', goal: 'B', backstory: 'C' }),
  budget: { wallMs: 60_000, modelCalls: 100 },
});
const first = { agents: only.agent === undefined ? [] : [only.agent], tasks: [only], model: offline() };
await new Crew({ ...first, name: 'alone', engine: inMemory() }).kickoff();
await new Crew({ ...first, name: 'managed', process: 'hierarchical', engine: inMemory() }).kickoff();
