import fc from 'fast-check';
import { Agent } from '../../src/agent.ts';
import { Crew } from '../../src/crew.ts';
import { inMemory } from '../../src/engines/memory.ts';
import type { Message } from '../../src/spec/message.ts';
import type { Model, ModelPart, ModelRequest } from '../../src/spec/model.ts';
import { Task } from '../../src/task.ts';
import { type FakeClock, fakeClock } from '../../src/testing/fake-clock.ts';
import '../warm-up.ts';

/** A hierarchical crew to be. What its agents decide follows from `seed`. */
export interface Office {
  readonly seed: number;
  /** How likely an agent is to delegate, in tenths. */
  readonly eagerness: number;
  /** Most calls that an agent makes in one turn. */
  readonly burst: number;
  /** By agent: nobody, everybody, or the agents whose bit is set. */
  readonly allow: readonly (number | boolean)[];
  /** By task: the tasks before it that it reads, and the agent that it is for. */
  readonly tasks: readonly { readonly reads: readonly number[]; readonly agent: number | undefined }[];
  readonly limit: number;
  /** True: one model call in eight throws. */
  readonly faulty: boolean;
}

const allow = fc.oneof(fc.boolean(), fc.nat(15));
const task = fc.record({
  reads: fc.array(fc.nat(7), { maxLength: 2 }),
  agent: fc.option(fc.nat(3), { nil: undefined }),
});

export const offices: fc.Arbitrary<Office> = fc.record({
  seed: fc.nat(),
  eagerness: fc.nat(9),
  burst: fc.constantFrom(1, 3, 3, 8, 24),
  allow: fc.array(allow, { minLength: 1, maxLength: 4 }),
  tasks: fc.array(task, { minLength: 1, maxLength: 3 }),
  limit: fc.constantFrom(1, 1, 2, 3),
  faulty: fc.boolean(),
});

/** One model call, with the tokens of the answer that it came to. */
export interface Call {
  readonly taskName: string;
  readonly agent: string;
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/** The crew of an office, and what its one model has seen. */
export interface OfficeBench {
  readonly clock: FakeClock;
  readonly crew: Crew;
  readonly calls: Call[];
  /** Requests that break the rules of a chat. */
  readonly mistakes: string[];
  /** Tasks whose first agent was told that all delegations are used, and agents that were told that of their share. */
  readonly spent: { readonly tasks: Set<string>; readonly shares: Set<string> };
}

const TOOLS = ['delegate_work_to_coworker', 'ask_question_to_coworker'] as const;

export function officeOf(office: Office): OfficeBench {
  const clock = fakeClock({ patienceMs: 200 });
  const calls: Call[] = [];
  const mistakes: string[] = [];
  const spent = { tasks: new Set<string>(), shares: new Set<string>() };
  const names = office.allow.map((_, index) => `Agent ${index}`);
  const model: Model = {
    name: 'scripted',
    async *generate(request, { key, taskName, agent, signal }): AsyncGenerator<ModelPart> {
      const call = { taskName, agent, inputTokens: 0, outputTokens: 0 };
      calls.push(call);
      mistakes.push(...protocolMistakes(request.messages).map((mistake) => `${key}: ${mistake}`));
      for (const { role, content } of request.messages) {
        if (role !== 'tool' || !content.startsWith('This was not delegated')) continue;
        if (content.includes('all 20 are used')) spent.tasks.add(taskName);
        if (content.includes(`none are left for ${agent}.`)) spent.shares.add(key);
      }
      const draw = drawing(`${office.seed} ${key}`);
      await clock.sleep(draw(20), draw(2) === 0 ? undefined : signal);
      if (office.faulty && draw(8) === 0) throw new Error('The provider is down.');
      const count = toolCallsOf(office, key, request, draw);
      for (let at = 0; at < count; at += 1) yield toolCall(names, at, draw);
      const usage = { inputTokens: 1 + draw(100), outputTokens: 1 + draw(100) };
      if (count === 0) yield { type: 'text', text: `answer of ${agent}` };
      Object.assign(call, usage);
      yield { type: 'end', finishReason: count === 0 ? 'stop' : 'toolCalls', usage };
    },
  };
  const agents = office.allow.map((allowed, index) => {
    const allowDelegation =
      typeof allowed === 'boolean'
        ? allowed
        : names.filter((_, other) => other !== index && (allowed >> other) % 2 === 1);
    return new Agent({ role: `Agent ${index}`, goal: 'Answer', backstory: 'Long', allowDelegation });
  });
  const tasks = office.tasks.map(({ reads, agent }, index): Task => {
    const worker = agent === undefined ? undefined : agents[agent % agents.length];
    return new Task({
      name: `t${index}`,
      description: 'Do it',
      expectedOutput: 'A text',
      context: index === 0 ? [] : reads.map((other) => `t${other % index}`),
      ...(worker && { agent: worker }),
    });
  });
  const engine = inMemory({ runtime: clock });
  const crew = new Crew({
    name: 'office',
    agents,
    tasks,
    model,
    process: 'hierarchical',
    maxConcurrency: office.limit,
    engine,
  });
  return { clock, crew, calls, mistakes, spent };
}

/** Less likely with every turn, so that conversations end. */
function toolCallsOf(office: Office, key: string, request: ModelRequest, draw: (below: number) => number): number {
  if (request.tools === undefined || request.tools.length === 0) return 0;
  const turn = Number(/turn\.(\d+)\.model$/.exec(key)?.[1] ?? 1);
  return draw(10) * turn < office.eagerness * 2 ? 1 + draw(office.burst) : 0;
}

/** Mostly a good call; sometimes a coworker that is not there, no coworker at all, or an id that is empty or taken. */
function toolCall(names: readonly string[], at: number, draw: (below: number) => number): ModelPart {
  const name = TOOLS[draw(2)] ?? TOOLS[0];
  const field = name === TOOLS[0] ? 'task' : 'question';
  const coworker = draw(12) === 0 ? 'Nobody' : (names[draw(names.length)] ?? '');
  const given = draw(12) === 0 ? { coworker } : { [field]: 'Help', context: '', coworker };
  const id = ['', 'call_1', `call_${at}_${draw(1_000)}`][draw(3)] ?? '';
  return { type: 'toolCall', id, name, arguments: draw(20) === 0 ? '{ "coworker":' : JSON.stringify(given) };
}

/** Draws numbers that depend on the text alone. */
function drawing(text: string): (below: number) => number {
  let state = 2_166_136_261;
  for (const char of text) state = Math.imul(state ^ (char.codePointAt(0) ?? 0), 16_777_619);
  return (below) => {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x6d2b79f5;
    return ((state ^ (state >>> 13)) >>> 0) % below;
  };
}

/** Each tool call is answered once, in order, before anything else is said; ids are unique. */
function protocolMistakes(messages: readonly Message[]): readonly string[] {
  const mistakes: string[] = [];
  const ids = new Set<string>();
  let open: readonly string[] = [];
  for (const [at, message] of messages.entries()) {
    if ((message.role === 'system') !== (at === 0)) mistakes.push(`message ${at} is ${message.role}`);
    if (message.role === 'tool') {
      if (message.callId !== open[0]) mistakes.push(`${message.callId} is answered where ${open[0]} is due`);
      open = open.slice(1);
      continue;
    }
    if (open.length > 0) mistakes.push(`${open.join(', ')} is not answered`);
    open = message.role === 'assistant' ? (message.toolCalls ?? []).map(({ id }) => id) : [];
    for (const id of open) {
      if (id === '' || ids.has(id)) mistakes.push(`the id "${id}" is used twice, or empty`);
      ids.add(id);
    }
  }
  const last = messages.at(-1)?.role;
  if (open.length > 0 || (last !== 'user' && last !== 'tool'))
    mistakes.push(`it is not the model's turn after ${last}`);
  return mistakes;
}
