import type { Draw } from './draw.ts';
import { fitting, markOf, marksIn, ODD_TAILS, unfit } from './words.ts';
import type { Asked, World } from './world.ts';

/** A function call, as a model writes it. */
export interface SaidCall {
  readonly id: string;
  readonly name: string;
  readonly arguments: string;
}

/** What a model answers, timing and faults aside. */
export interface Saying {
  readonly text: string;
  readonly toolCalls: readonly SaidCall[];
}

const DELEGATION = ['delegate_work_to_coworker', 'ask_question_to_coworker'];

/** What the script has a model say: a verdict, calls of tools and coworkers, or an answer. */
export function sayingOf(world: World, asked: Asked, draw: Draw): Saying {
  if (asked.key.includes('.judge.')) return { text: verdict(draw), toolCalls: [] };
  // An answer that was cut goes on where it was cut.
  if (asked.key.endsWith('.more')) return { text: ' And so on.', toolCalls: [] };
  const toolCalls = callsOf(world, asked, draw);
  if (toolCalls.length > 0) return { text: draw.chance(0.3) ? 'Let me see.' : '', toolCalls };
  return { text: answerOf(world, asked, draw), toolCalls: [] };
}

function verdict(draw: Draw): string {
  if (draw.chance(0.1)) return 'Well, it depends.';
  const pass = draw.chance(0.85);
  return draw.chance(0.2)
    ? `\`\`\`json\n{"pass": ${pass}, "reason": "so"}\n\`\`\``
    : JSON.stringify({ pass, reason: 'so' });
}

function answerOf(world: World, asked: Asked, draw: Draw): string {
  const { scenario } = world;
  const read = asked.request.messages.map(({ content }) => marksIn(content)).join('');
  const main = isMain(asked.key);
  const mark = markOf(main ? asked.taskName : asked.key.replaceAll('/', '.'), `${asked.key} ${read}`);
  const tail = draw.chance(0.15) ? draw.pick(ODD_TAILS) : 'That is all.';
  const kind = main ? scenario.tasks.find(({ name }) => name === asked.taskName)?.output : undefined;
  if (kind === undefined) return `${mark} ${tail}`;
  if (asked.fault === 'wrongJson') return unfit(kind, draw.below(4));
  const value = fitting(kind, mark, tail);
  const json = JSON.stringify(value);
  return draw.chance(0.2) ? `Here it is:\n\`\`\`json\n${json}\n\`\`\`` : json;
}

/** A task that is tried again has the number of the try in its keys. */
const ATTEMPT = /\/attempt\.\d+/;

/** True for the conversation of a task's own agent; work that was delegated has a longer key. */
export function isMain(key: string): boolean {
  return key.replace(ATTEMPT, '').split('/').length === 2;
}

/** The turn that a key names; 0 for one that names none. */
function turnOf(key: string): number {
  return Number(/^turn\.(\d+)\./.exec(key.slice(key.lastIndexOf('/') + 1))?.[1] ?? 0);
}

function callsOf(world: World, asked: Asked, draw: Draw): readonly SaidCall[] {
  const { request, fault, key } = asked;
  const names = (request.tools ?? []).map(({ name }) => name);
  if (names.length === 0) return fault === 'unknownTool' ? [{ id: 'x', name: 'nothing', arguments: '{}' }] : [];
  const conversation = key.slice(0, key.lastIndexOf('/'));
  const loop = world.loops.get(conversation);
  if (loop !== undefined && names.includes(loop.name)) return [{ id: `loop${turnOf(key)}`, ...loop }];
  const tools = names.filter((name) => !DELEGATION.includes(name));
  if (fault === 'toolLoop' && tools.length > 0) {
    const call = { name: draw.pick(tools), arguments: '{"query":"the same"}' };
    world.loops.set(conversation, call);
    return [{ id: 'loop', ...call }];
  }
  const spoiled = fault === 'badArguments' || fault === 'unknownTool' || fault === 'sameIds';
  const turn = Math.max(1, turnOf(key));
  const calls: SaidCall[] = [];
  if (tools.length > 0 && draw.chance(spoiled ? 1 : world.scenario.toolRate / turn)) {
    for (let count = draw.between(1, 3); count > 0; count -= 1) calls.push(toolCall(asked, draw.pick(tools), draw));
  }
  if (names.length > tools.length && draw.chance(world.scenario.delegationRate / turn ** 2)) {
    for (let count = draw.between(1, 3); count > 0; count -= 1) calls.push(delegation(world, draw));
  }
  return calls;
}

function toolCall(asked: Asked, name: string, draw: Draw): SaidCall {
  const { fault, key } = asked;
  const id = fault === 'sameIds' ? draw.pick(['', 'same']) : `call_${turnOf(key)}_${draw.below(1_000_000)}`;
  if (fault === 'unknownTool') return { id, name: draw.pick(['nothing', '', name.toUpperCase()]), arguments: '{}' };
  if (fault === 'badArguments') {
    const wrong = ['{"query":', '{"query":5}', '[]', '{"query":"a","extra":1}', '{"__proto__":{"a":1},"query":"a"}'];
    return { id, name, arguments: draw.pick(wrong) };
  }
  return { id, name, arguments: JSON.stringify({ query: `q${draw.below(1_000_000)}` }) };
}

/** Mostly a good call; sometimes one of a coworker that is not there, or that leaves out what is asked. */
function delegation(world: World, draw: Draw): SaidCall {
  const name = draw.pick(DELEGATION);
  const coworker = draw.chance(0.05) ? 'Nobody' : draw.pick(world.scenario.agents).name;
  const field = name === DELEGATION[0] ? 'task' : 'question';
  const given = draw.chance(0.05) ? { coworker } : { [field]: `Help ${draw.below(1_000_000)}`, context: '', coworker };
  return { id: `call_${draw.below(1_000_000)}`, name, arguments: JSON.stringify(given) };
}
