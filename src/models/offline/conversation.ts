import { parseJson } from '../../internal/json.ts';
import { withoutFrame } from '../../internal/outside.ts';
import type { Json } from '../../spec/json.ts';
import type { Message } from '../../spec/message.ts';

/** An earlier result that the task may draw from. */
export interface Source {
  readonly name: string;
  readonly text: string;
}

/** A tool call of this conversation and what came of it. */
export interface Done {
  readonly tool: string;
  readonly input: Json;
  readonly text: string;
  readonly failed: boolean;
}

/** One to whom work can be handed. */
export interface Coworker {
  readonly name: string;
  readonly about: string;
  readonly hasTools: boolean;
}

/** What the messages of a request amount to. */
export interface Conversation {
  /** The system message. */
  readonly persona: string;
  /** The whole message that gives the task. */
  readonly message: string;
  readonly description: string;
  readonly expected: string;
  readonly sources: readonly Source[];
  readonly coworkers: readonly Coworker[];
  readonly done: readonly Done[];
  /** Model turns that asked for tools. */
  readonly turns: number;
  /** What was said to earlier answers: repairs, rejections, reminders. */
  readonly feedback: readonly string[];
  /** The latest whole answer. */
  readonly lastAnswer: string | undefined;
}

/** Reads the messages of a request. Our own templates are known by their headings; with other wording, all is the task. */
export function readConversation(messages: readonly Message[]): Conversation {
  const system = messages.filter((message) => message.role === 'system').map((message) => message.content);
  const firstAnswer = messages.findIndex((message) => message.role === 'assistant');
  const before = firstAnswer === -1 ? messages : messages.slice(0, firstAnswer);
  const task = before.findLast((message) => message.role === 'user')?.content ?? '';
  const after = firstAnswer === -1 ? [] : messages.slice(firstAnswer);
  const answers = after.flatMap((message) =>
    message.role === 'assistant' && (message.toolCalls ?? []).length === 0 ? [message.content] : [],
  );
  return {
    ...readTask(task),
    persona: system.join('\n'),
    message: task,
    coworkers: coworkersIn([...system, task].join('\n')),
    done: doneIn(after),
    turns: after.filter((message) => message.role === 'assistant' && (message.toolCalls ?? []).length > 0).length,
    feedback: after.flatMap((message) => (message.role === 'user' ? [message.content] : [])),
    lastAnswer: answers.at(-1),
  };
}

const HEADINGS = {
  task: ['# Task', '# Question'],
  expected: ['# Expected output'],
  after: ['# Format', '# Context'],
} as const;

function readTask(text: string): Pick<Conversation, 'description' | 'expected' | 'sources'> {
  const lines = text.split('\n');
  const find = (headings: readonly string[], from: number): number => {
    const found = lines.findIndex((line, index) => index >= from && headings.includes(line.trimEnd()));
    return found === -1 ? lines.length : found;
  };
  const task = find(HEADINGS.task, 0);
  const expected = find(HEADINGS.expected, task);
  const after = find(HEADINGS.after, expected);
  const context = find(['# Context'], expected);
  const between = (from: number, to: number): string =>
    lines
      .slice(from + 1, to)
      .join('\n')
      .trim();
  const inside = handedOn(lines.slice(context + 1));
  const sources = sourcesIn(inside);
  if (task === lines.length) {
    const rest = sourcesIn(lines);
    return { description: rest.length > 0 ? textBefore(lines) : text.trim(), expected: '', sources: rest };
  }
  const loose = inside.join('\n').trim();
  return {
    description: between(task, Math.min(expected, find(['# Context'], task))),
    expected: expected === lines.length ? '' : between(expected, after),
    sources: sources.length > 0 || loose === '' ? sources : [{ name: 'context', text: loose }],
  };
}

/** What somebody handed on along with the work, without its frame and what stands before it. */
function handedOn(lines: readonly string[]): readonly string[] {
  const frame = lines.findIndex((line) => line.startsWith('<outside from="'));
  if (frame === -1) return lines;
  return withoutFrame(lines.slice(frame).join('\n')).split('\n');
}

/** The tags around a result, ours with their mark; and as a coworker that hands results on may write them. */
const OPEN = /^[<‹]result task="([^"]{1,200})"(?: mark="([0-9a-z]{14})")?>$/;

function sourcesIn(lines: readonly string[]): Source[] {
  const sources: Source[] = [];
  let open: { readonly name: string; readonly close: readonly string[] } | undefined;
  let body: string[] = [];
  for (const line of lines) {
    const [, name, mark] = OPEN.exec(line.trimEnd()) ?? [];
    if (open === undefined && name !== undefined) {
      open = { name, close: mark === undefined ? ['</result>', '‹/result>'] : [`</result mark="${mark}">`] };
      body = [];
    } else if (open?.close.includes(line.trimEnd())) {
      sources.push({ name: open.name, text: body.join('\n').trim() });
      open = undefined;
    } else body.push(line);
  }
  return sources;
}

function textBefore(lines: readonly string[]): string {
  return lines
    .slice(
      0,
      lines.findIndex((line) => OPEN.test(line.trimEnd())),
    )
    .join('\n')
    .trim();
}

/** `- name`, then `Role:`, `Goal:` and `Tools:` lines, below the heading `# Coworkers`. */
function coworkersIn(text: string): Coworker[] {
  const lines = text.split('\n');
  const start = lines.findIndex((line) => line.trim().toLowerCase() === '# coworkers');
  if (start === -1) return [];
  const coworkers: { name: string; about: string; hasTools: boolean }[] = [];
  for (const line of lines.slice(start + 1)) {
    if (line.startsWith('#')) break;
    const current = coworkers.at(-1);
    if (line.startsWith('- ')) coworkers.push({ name: line.slice(2).trim(), about: '', hasTools: false });
    else if (current !== undefined && line.startsWith('  ')) {
      const tools = line.trim().startsWith('Tools:') ? line.trim().slice('Tools:'.length).trim() : undefined;
      if (tools === undefined) current.about += ` ${line.trim()}`;
      else current.hasTools = tools !== '' && tools !== 'none';
    }
  }
  return coworkers;
}

function doneIn(messages: readonly Message[]): Done[] {
  const inputs = new Map<string, Json>();
  const done: Done[] = [];
  for (const message of messages) {
    if (message.role === 'assistant') {
      for (const call of message.toolCalls ?? []) {
        const parsed = parseJson(call.arguments);
        inputs.set(call.id, parsed.ok ? parsed.value : null);
      }
    } else if (message.role === 'tool') {
      const { name } = message;
      const content = withoutFrame(message.content);
      done.push({
        tool: name,
        input: inputs.get(message.callId) ?? null,
        text: content,
        failed: isFailure(name, content),
      });
    }
  }
  return done;
}

function isFailure(tool: string, text: string): boolean {
  const start = text.slice(0, 200);
  return [
    `"${tool}" failed`,
    `"${tool}" was not called`,
    'There is no tool named',
    'There is no coworker',
    'This was not delegated',
    'Error:',
  ].some((words) => start.startsWith(words));
}
