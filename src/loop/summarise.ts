import { framed, markOf, shortened, withFrameKept } from '../internal/outside.ts';
import type { Message } from '../spec/message.ts';
import { callModel } from './call-model.ts';
import type { Work } from './work.ts';

/** What of one message goes into the material for a summary, in characters. */
const MOST_OF_MESSAGE = 4_000;
const CHARS_PER_TOKEN = 4;

/**
 * Lets the model sum up all turns but the last, as a step of its own, and puts its notes in their place. Calls and their
 * results stay together. False when there is only one turn, and nothing to sum up.
 */
export async function summarise(work: Work, goal: number): Promise<boolean> {
  const { assignment, ctx, turn } = work;
  const { prompt, description, expectedOutput, settings } = assignment;
  const start = assignment.messages.length;
  const last = lastTurn(work.messages);
  const earlier = work.messages.slice(start, last);
  if (earlier.length === 0) return false;
  const leftOut = (count: number) => prompt('left-out', { count });
  const step = `turn.${turn}.summary`;
  const mark = markOf(ctx.runId, `${ctx.key}/${step}`);
  const told = earlier.map((message) => asText(message, leftOut)).join('\n\n');
  const material = framed(shortened(told, Math.max(goal, MOST_OF_MESSAGE) * CHARS_PER_TOKEN, leftOut), mark);
  const { text } = await callModel(work, {
    step,
    messages: [
      { role: 'system', content: prompt('summary', {}) },
      { role: 'user', content: prompt('summary-material', { description, expectedOutput, ...material }) },
    ],
    offer: settings === undefined ? {} : { settings },
  });
  const notes: Message = { role: 'user', content: prompt('summary-note', framed(text, mark)) };
  work.messages = [...work.messages.slice(0, start), notes, ...work.messages.slice(last)];
  return true;
}

/** Where the last turn begins: the model's last message, with the results that follow it. */
function lastTurn(messages: readonly Message[]): number {
  return messages.findLastIndex((message) => message.role === 'assistant');
}

function asText(message: Message, leftOut: (count: number) => string): string {
  const content = withFrameKept(message.content, MOST_OF_MESSAGE, leftOut);
  switch (message.role) {
    case 'assistant': {
      const calls = (message.toolCalls ?? []).map(
        ({ name, arguments: given }) => `calls ${name} with ${shortened(given, MOST_OF_MESSAGE, leftOut)}`,
      );
      return [`agent: ${content}`, ...calls].join('\n');
    }
    case 'tool':
      return `${message.name}: ${content}`;
    case 'system':
    case 'user':
      return `${message.role}: ${content}`;
  }
}
