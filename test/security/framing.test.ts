import { Agent, Crew, type Message, Task, tool } from 'crewline';
import { scriptedModel } from 'crewline/testing';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { PAYLOADS } from './payloads.ts';

const texts = { goal: 'Work', backstory: 'Careful.' };
const TAGS = /<(\/?)(result|outside|answer)((?: (?:from|task)="[^"\n]*")?) mark="([0-9a-z]{14})">/g;
/** Anything that a reader could take for a tag of ours. */
const TAG_LIKE = /[<\uff1c\ufe64]\s*\/?\s*(?:result|outside|answer)(?![\w-])/gi;

/** What stands between the tags of a message that has one frame, when nothing else in it looks like a tag. */
function insideOf(content: string): string {
  const tags = [...content.matchAll(TAGS)];
  expect(tags.map(([, closing]) => closing)).toEqual(['', '/']);
  expect([...content.matchAll(TAG_LIKE)]).toHaveLength(2);
  const [open, close] = tags;
  expect(open?.[4]).toBe(close?.[4]);
  const start = (open?.index ?? 0) + (open?.[0].length ?? 0);
  const inside = content.slice(start + 1, (close?.index ?? 0) - 1);
  expect(inside).not.toContain(open?.[4]);
  return inside;
}

/** The text as it was, from how it is shown. */
function unframed(inside: string): string {
  const visible = inside.replace(/⟦U\+([0-9A-F]{4,6})⟧/g, (_, code) => String.fromCodePoint(Number.parseInt(code, 16)));
  return visible.replace(/‹/g, '<');
}

const asWritten = (payload: string) => payload.replace(/[\uff1c\ufe64](?=\s*\/?\s*(?:result|outside))/g, '<');
const INVISIBLE = /[\u200b\u202a-\u202e\u2060-\u2069\ufeff\u3164\uffa0\u00ad]|\udb40[\udc00-\uddff]/;

function expectFramed(content: string | undefined, payload: string): void {
  const inside = insideOf(`${content}`);
  expect(inside).not.toMatch(INVISIBLE);
  expect(unframed(inside)).toBe(asWritten(payload));
}

test('the corpus has two hundred texts, no two alike', () => {
  expect(new Set(PAYLOADS).size).toBe(200);
});

test.each([
  ['break out of the frame', 0, 75],
  ['hide in what nobody sees', 75, 115],
  ['speak like somebody else', 115, 200],
])(
  'whatever a tool, a task or a coworker says, it stays in its frame, whole: texts that %s',
  async (_, from, to) => {
    for (const payload of PAYLOADS.slice(from, to)) {
      const requests: (readonly Message[])[] = [];
      const say = (text: string) => (request: { messages: readonly Message[] }) => {
        requests.push(request.messages);
        return text;
      };
      const call = (name: string, given: object) => (request: { messages: readonly Message[] }) => {
        requests.push(request.messages);
        return { toolCalls: [{ name, arguments: given }] };
      };
      const model = scriptedModel({
        'find/Finder': [call('page', {}), say(payload)],
        'use/Lead': [
          call('delegate_work_to_coworker', { task: 'Do it.', context: payload, coworker: 'Helper' }),
          say('end'),
        ],
        'use/Helper': [say(payload)],
      });
      const page = tool({ name: 'page', description: 'Reads.', input: z.object({}), execute: () => payload });
      const finder = new Agent({ role: 'Finder', ...texts, tools: [page] });
      const lead = new Agent({ role: 'Lead', ...texts, allowDelegation: ['Helper'] });
      const helper = new Agent({ role: 'Helper', ...texts });
      const asked = { expectedOutput: 'Text.' };
      const crew = new Crew({
        name: 'framed',
        agents: [finder, lead, helper],
        tasks: [
          new Task({ name: 'find', description: 'Find.', ...asked, agent: finder }),
          new Task({ name: 'use', description: 'Use.', ...asked, agent: lead }),
        ],
        model,
      });
      const result = await crew.kickoff();
      expect(result.tasks.find.raw).toBe(payload);
      const [, toolResult, context, delegated, answer] = requests;
      expectFramed(toolResult?.at(-1)?.content, payload);
      expectFramed(context?.at(-1)?.content, payload);
      expectFramed(delegated?.at(-1)?.content, payload);
      expectFramed(answer?.at(-1)?.content, payload);
      for (const messages of requests) expect(messages[0]?.content).not.toContain(payload);
    }
  },
  120_000,
);

test('the judge of an answer is shown it in a frame as well', async () => {
  for (const payload of PAYLOADS.slice(0, 75)) {
    let judged: string | undefined;
    const model = scriptedModel([
      payload,
      ({ messages }) => {
        judged = messages.at(-1)?.content;
        return '{"pass": true, "reason": ""}';
      },
    ]);
    const worker = new Agent({ role: 'Worker', ...texts, model });
    const only = new Task({
      name: 'only',
      description: 'Go.',
      expectedOutput: 'Text.',
      agent: worker,
      guardrails: ['It is short.'],
    });
    await new Crew({ name: 'judged', agents: [worker], tasks: [only] }).kickoff();
    expectFramed(judged, payload);
  }
}, 60_000);

test('a frame of one’s own keeps its promise: no text holds its mark', async () => {
  const frame = '[[{{mark}}]]{{text}}[[/{{mark}}]]';
  for (const payload of PAYLOADS.slice(0, 20)) {
    let told = '';
    const model = scriptedModel([
      { toolCalls: [{ name: 'page', arguments: {} }] },
      ({ messages }) => {
        told = messages.at(-1)?.content ?? '';
        return 'ok';
      },
    ]);
    const page = tool({ name: 'page', description: 'Reads.', input: z.object({}), execute: () => payload });
    const worker = new Agent({ role: 'Worker', ...texts, model, tools: [page], prompts: { outside: frame } });
    const only = new Task({ name: 'only', description: 'Go.', expectedOutput: 'Text.', agent: worker });
    await new Crew({ name: 'own', agents: [worker], tasks: [only] }).kickoff();
    const mark = /^\[\[([0-9a-z]{14})\]\]/.exec(told)?.[1] ?? 'none';
    expect(told.split(mark)).toHaveLength(3);
  }
});
