import { inputTokens, tokensOf } from '../calls/estimate.ts';
import { CrewError, ModelError } from '../errors.ts';
import { withFrameKept } from '../internal/outside.ts';
import type { Message } from '../spec/message.ts';
import type { Model } from '../spec/model.ts';
import { callModel, type Said } from './call-model.ts';
import { summarise } from './summarise.ts';
import { type Offer, placeOf, type Work } from './work.ts';

/** What is kept of a tool's output that has to be trimmed, in characters. */
const KEPT_OF_OUTPUT = 2_000;
/** What a conversation is cut down to when the model only says that it was too much. */
const AFTER_OVERFLOW = 0.6;
/** Tokens of the window that are kept for the answer, where the settings do not say: a quarter of it, at most this. */
const MOST_FOR_ANSWER = 8_000;
const NAMED_PARTS = 3;

/** One call of the conversation's model. */
interface Turn {
  /** Name of its step. */
  readonly step: string;
  readonly offer: Offer;
}

/**
 * Asks the model about the conversation so far, made to fit its window: the oldest outputs of tools are trimmed to their
 * beginning and end, then the earlier turns are summed up by the model, once in all. What the conversation began with is
 * kept, and so is the last turn; calls and their results stay together.
 * @throws {CrewError} `CONTEXT_OVERFLOW`, naming the largest parts, when it still does not fit.
 */
export async function askInWindow(work: Work, { step, offer }: Turn): Promise<Said> {
  const window = windowOf(work.assignment.model);
  if (window !== undefined) await fitBefore(work, offer, window);
  for (let attempt = 1; ; attempt += 1) {
    const name = attempt === 1 ? step : `${step}.fitted.${attempt - 1}`;
    try {
      return await callModel(work, { step: name, messages: work.messages, offer });
    } catch (thrown) {
      if (!isOverflow(thrown)) throw thrown;
      const goal = Math.floor(tokensIn(work, offer) * AFTER_OVERFLOW);
      if (!trim(work, offer, goal) && !(await sumUp(work, goal))) throw overflow(work, offer, thrown);
    }
  }
}

/** The least of those that may be asked. */
function windowOf({ contextWindow, route }: Model): number | undefined {
  if (contextWindow !== undefined || route === undefined) return contextWindow;
  const windows = (route.kind === 'fallback' ? route.models : [route.model]).flatMap((model) => windowOf(model) ?? []);
  return windows.length === 0 ? undefined : Math.min(...windows);
}

async function fitBefore(work: Work, offer: Offer, window: number): Promise<void> {
  const forAnswer = offer.settings?.maxOutputTokens ?? Math.min(MOST_FOR_ANSWER, Math.floor(window / 4));
  const room = Math.max(window - forAnswer, 0);
  if (tokensIn(work, offer) <= room) return;
  trim(work, offer, room);
  if (tokensIn(work, offer) > room) await sumUp(work, room);
  // An estimate may be wrong by a little, not by the whole answer.
  if (tokensIn(work, offer) > window) throw overflow(work, offer);
}

function isOverflow(thrown: unknown): thrown is CrewError {
  return thrown instanceof CrewError && thrown.code === 'CONTEXT_OVERFLOW';
}

function tokensIn({ messages }: Work, offer: Offer): number {
  return inputTokens({ messages, stream: false, ...offer });
}

/** Shortens outputs of tools, the oldest first, until the conversation has no more than `goal` tokens. False when there was nothing to shorten. */
function trim(work: Work, offer: Offer, goal: number): boolean {
  const { prompt } = work.assignment;
  const messages = [...work.messages];
  let over = tokensIn(work, offer) - goal;
  let trimmed = false;
  for (const [index, message] of messages.entries()) {
    if (over <= 0) break;
    if (message.role !== 'tool') continue;
    const content = withFrameKept(message.content, KEPT_OF_OUTPUT, (count) => prompt('left-out', { count }));
    if (content.length >= message.content.length) continue;
    over -= tokensOf(message.content.length - content.length);
    messages[index] = { ...message, content };
    trimmed = true;
  }
  if (trimmed) work.messages = messages;
  return trimmed;
}

async function sumUp(work: Work, goal: number): Promise<boolean> {
  if (work.summarised) return false;
  work.summarised = true;
  try {
    return await summarise(work, goal);
  } catch (thrown) {
    if (isOverflow(thrown)) return false;
    throw thrown;
  }
}

function overflow(work: Work, offer: Offer, cause?: CrewError): ModelError {
  const { agent, taskName, model } = work.assignment;
  const largest = work.messages
    .map((message) => ({ what: nameOf(message), size: tokensOf(message.content.length) }))
    .sort((a, b) => b.size - a.size)
    .slice(0, NAMED_PARTS)
    .map(({ what, size }) => `${what} (about ${size} tokens)`);
  const window = windowOf(model);
  const holds = window === undefined ? '' : ` of ${window} tokens`;
  const message = `The conversation of agent "${agent}" on task "${taskName}" has about ${tokensIn(work, offer)} tokens, and does not fit the context window of model "${model.name}"${holds}, though it was shortened. Its largest parts: ${largest.join('; ')}. Give it less, split the task, or use a model with a larger window.`;
  return new ModelError('CONTEXT_OVERFLOW', message, { ...placeOf(work), cause });
}

function nameOf(message: Message): string {
  switch (message.role) {
    case 'system':
      return 'who the agent is';
    case 'user':
      return `"${message.content.slice(0, 40).split('\n').join(' ')}…"`;
    case 'assistant':
      return 'an answer of its own';
    case 'tool':
      return `a result of ${message.name}`;
  }
}
