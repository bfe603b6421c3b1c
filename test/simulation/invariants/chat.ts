import type { Message } from 'crewline';
import type { Observed } from '../run-seed.ts';

/** I13: every request is a conversation that a provider takes: each tool call answered once, in order, ids unique. */
export function chatProtocol({ world }: Observed): readonly string[] {
  const wrong: string[] = [];
  for (const { key, request } of world.asked) {
    const mistake = mistakeIn(request.messages);
    if (mistake !== undefined) wrong.push(`${key}: ${mistake}`);
  }
  return wrong;
}

function mistakeIn(messages: readonly Message[]): string | undefined {
  const ids = new Set<string>();
  let open: readonly string[] = [];
  for (const [at, message] of messages.entries()) {
    if ((message.role === 'system') !== (at === 0)) return `message ${at} is ${message.role}`;
    if (message.role === 'tool') {
      if (message.callId !== open[0]) return `${message.callId} is answered where ${open[0]} is due`;
      open = open.slice(1);
      continue;
    }
    if (open.length > 0) return `${open.join(', ')} is not answered`;
    open = message.role === 'assistant' ? (message.toolCalls ?? []).map(({ id }) => id) : [];
    for (const id of open) {
      if (id === '' || ids.has(id)) return `the id "${id}" is used twice, or empty`;
      ids.add(id);
    }
  }
  const last = messages.at(-1)?.role;
  return open.length > 0 || (last !== 'user' && last !== 'tool')
    ? `it is not the model's turn after ${last}`
    : undefined;
}
