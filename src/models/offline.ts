import { CrewError } from '../errors.ts';
import { checkOptions, positive, refuse } from '../internal/checks.ts';
import { once } from '../internal/once.ts';
import type { Model, ModelCallOptions, ModelPart, ModelRequest } from '../spec/model.ts';

/** Options of `offline`. */
export interface OfflineOptions {
  /** About how many characters each part of a streamed answer has. @default 48 */
  readonly partLength?: number;
}

/** The heavy half, loaded by the first call; the many that come at once share it. */
const thinking = once(() => import('./offline/answer.ts'));

/** The usual rule of thumb: a token is about four characters of English. */
const CHARACTERS_A_TOKEN = 4;

/**
 * A stand-in for a language model that needs no key and no network. It really uses the tools it is given (those that
 * read), really reads what they return, and answers with what it counted and quoted, each statement with its file; it
 * fills JSON schemas, and as a manager it delegates to every coworker and joins their answers.
 *
 * Deterministic: the same request gets the same answer. It cannot think, and its answers say so. Made for the first
 * run, demos, tests and dry runs. Usage is counted at four characters a token.
 * @throws {DefinitionError} naming every option that is wrong.
 */
export function offline(options: OfflineOptions = {}): Model {
  refuse(checkOptions('offline', options, { partLength: positive }, []), 'offline');
  const { partLength = 48 } = options;
  return Object.freeze({
    name: 'offline',
    jsonSchema: true,
    generate: (request: ModelRequest, call: ModelCallOptions) => generate(request, call, partLength),
  });
}

async function* generate(request: ModelRequest, call: ModelCallOptions, partLength: number): AsyncGenerator<ModelPart> {
  stopWhenAborted(call);
  const { nextMove } = await thinking();
  stopWhenAborted(call);
  const move = nextMove(request, call);
  let written = 0;
  if (move.kind === 'calls') {
    for (const [index, { tool, input }] of move.calls.entries()) {
      const id = `call_${request.messages.length}_${index}`;
      const text = JSON.stringify(input);
      written += tool.length + text.length;
      yield { type: 'toolCall', id, name: tool, arguments: text };
    }
  } else {
    written = move.text.length;
    for (const text of request.stream ? inParts(move.text, partLength) : [move.text]) {
      stopWhenAborted(call);
      yield { type: 'text', text };
    }
  }
  const usage = { inputTokens: tokens(inputLength(request)), outputTokens: tokens(written) };
  yield { type: 'end', finishReason: move.kind === 'calls' ? 'toolCalls' : 'stop', usage };
}

function stopWhenAborted({ signal, runId, taskName, agent }: ModelCallOptions): void {
  if (signal.aborted)
    throw new CrewError('CANCELLED', 'The call was cancelled.', { runId, taskName, agent, cause: signal.reason });
}

/** Cuts a text behind spaces, so that parts read like words coming in. */
function* inParts(text: string, length: number): Generator<string> {
  for (let start = 0; start < text.length; ) {
    const space = text.indexOf(' ', start + length - 1);
    const end = space === -1 ? text.length : space + 1;
    yield text.slice(start, end);
    start = end;
  }
}

function inputLength({ messages, tools, output }: ModelRequest): number {
  const said = messages.reduce((sum, message) => {
    const calls = message.role === 'assistant' ? (message.toolCalls ?? []) : [];
    return (
      sum +
      message.content.length +
      calls.reduce((length, call) => length + call.name.length + call.arguments.length, 0)
    );
  }, 0);
  return said + JSON.stringify([tools ?? [], output ?? null]).length;
}

function tokens(characters: number): number {
  return Math.ceil(characters / CHARACTERS_A_TOKEN);
}
