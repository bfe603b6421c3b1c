import { Agent, type AgentOptions, CrewError, type Model, type OpenAIOptions, openai } from 'crewline';
import {
  type ModelServer,
  modelServer,
  type Reply,
  type ServerHandler,
  type ServerRequest,
  withoutFrame,
  withoutMarks,
} from 'crewline/testing';
import { onTestFinished } from 'vitest';

/** A model server that closes when the test ends, and the model that talks to it: real HTTP, the real client. */
export async function serve(
  respond: Reply | ServerHandler = 'ok',
  options: Partial<OpenAIOptions> = {},
): Promise<{ readonly server: ModelServer; readonly model: Model }> {
  const server = await modelServer({ respond });
  onTestFinished(() => server.close());
  return { server, model: openai({ baseURL: server.url, apiKey: 'test', model: 'm', ...options }) };
}

/** An agent of which nothing matters but its name. */
export function agent<const Name extends string>(
  name: Name,
  options: Omit<Partial<AgentOptions>, 'name' | 'role'> = {},
): Agent<Name> {
  return new Agent({ goal: 'Do it well.', backstory: 'You have done it before.', ...options, role: name });
}

/** What a call is about: the first line of the task, or of the delegated work, that its conversation began with. */
export function subjectOf({ messages }: Pick<ServerRequest, 'messages'>): string {
  const asked = messages.find((message) => message.role === 'user')?.content ?? '';
  return /^# (?:Task|Question)\n(.*)$/m.exec(asked)?.[1] ?? '';
}

/** Name of the agent that makes a call. */
export function agentOf({ messages }: Pick<ServerRequest, 'messages'>): string {
  return /^# Role\n(.*)$/m.exec(messages[0]?.content ?? '')?.[1] ?? '';
}

/** Calls as a server met them: what has come in, and a way to hold one answer back until another call has come. */
export interface Meeting {
  /** Subjects in order of arrival. */
  readonly order: readonly string[];
  /** Notes a call. */
  arrive(subject: string): void;
  /** Resolves once a call about each of these has come. */
  arrived(...subjects: readonly string[]): Promise<unknown>;
}

/**
 * Proves that calls overlap without a look at the clock: an answer that waits for another call to come in never
 * arrives when the two run one after the other, and the test times out.
 */
export function meeting(): Meeting {
  const order: string[] = [];
  const waiting = new Map<string, (() => void)[]>();
  return {
    order,
    arrive(subject) {
      order.push(subject);
      for (const resolve of waiting.get(subject) ?? []) resolve();
      waiting.delete(subject);
    },
    arrived: (...subjects) =>
      Promise.all(
        subjects.map((subject) => {
          if (order.includes(subject)) return undefined;
          return new Promise<void>((resolve) => waiting.set(subject, [...(waiting.get(subject) ?? []), resolve]));
        }),
      ),
  };
}

/** How one subject is answered; may wait for other calls first. */
export type SubjectReply = Reply | ((request: ServerRequest, met: Meeting) => Reply | Promise<Reply>);

/** A handler that answers by subject, and notes who came when. What is not listed is answered with `done: subject`. */
export function bySubject(replies: { readonly [subject: string]: SubjectReply } = {}): Meeting & {
  readonly respond: ServerHandler;
} {
  const met = meeting();
  return {
    ...met,
    respond: (request) => {
      const subject = subjectOf(request);
      met.arrive(subject);
      const reply = replies[subject] ?? `done: ${subject}`;
      return typeof reply === 'function' ? reply(request, met) : reply;
    },
  };
}

/** The error that something rejects with. */
export async function failure(work: Promise<unknown>): Promise<CrewError> {
  try {
    await work;
  } catch (thrown) {
    if (thrown instanceof CrewError) return thrown;
    throw thrown;
  }
  throw new Error('it did not fail');
}

/** What a message says, without what differs between runs and without the frame around text from outside. */
export function plain(content: string): string {
  return withoutMarks(withoutFrame(content));
}

/** The messages of one request, as they went over the wire but for marks and frames. */
export function messagesOf(server: ModelServer, index: number): readonly { role: string; content: string | null }[] {
  const body: unknown = server.requests[index]?.body;
  if (isWithMessages(body))
    return body.messages.map((message) => ({
      ...message,
      content: message.content === null ? null : plain(message.content),
    }));
  throw new Error(`there is no request ${index}`);
}

function isWithMessages(body: unknown): body is { messages: readonly { role: string; content: string | null }[] } {
  return typeof body === 'object' && body !== null && 'messages' in body && Array.isArray(body.messages);
}
