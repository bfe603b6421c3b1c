import { isJsonObject } from '../internal/json.ts';
import type { Json } from '../spec/json.ts';
import type { Message } from '../spec/message.ts';
import type { ModelPart } from '../spec/model.ts';
import { AnswerProblem } from './openai-failure.ts';

interface GrowingCall {
  id: string;
  name: string;
  arguments: string;
  readonly json: JsonEnd;
}

/** One entry of `tool_calls`, whole or a piece of one. */
interface CallPiece {
  readonly index: number | undefined;
  readonly id: string;
  readonly name: string;
  readonly arguments: string;
}

/**
 * Puts tool calls together from their pieces. Servers differ from OpenAI here: all calls on `index: 0`, no ids, empty
 * ids, the same id twice, the name on every piece, arguments as an object. Each call must stay one call.
 */
export class ToolCallAssembly {
  readonly #calls: GrowingCall[] = [];
  readonly #byIndex = new Map<number, GrowingCall>();

  get size(): number {
    return this.#calls.length;
  }

  /** Takes the `tool_calls` of a whole message, where each entry is a call.
   *  @throws {AnswerProblem} `BAD_RESPONSE` when they are not what the API describes. */
  addWhole(entries: Json): void {
    for (const piece of readPieces(entries)) grow(this.#begin(piece), piece);
  }

  /** Takes the `tool_calls` of one delta, where an entry may go on with a call.
   *  @throws {AnswerProblem} `BAD_RESPONSE` when they are not what the API describes. */
  addPieces(entries: Json): void {
    for (const piece of readPieces(entries)) {
      const current = this.#current(piece);
      grow(current === undefined || startsAnother(current, piece) ? this.#begin(piece) : current, piece);
    }
  }

  /** The calls, in the order they began. An id that is missing, used twice or in `taken` is replaced: `call_1`, `call_2`, … */
  parts(taken: Iterable<string>): ModelPart[] {
    const ids = new Set(taken);
    const own = this.#calls.map((call) => {
      if (call.id === '' || ids.has(call.id)) return '';
      ids.add(call.id);
      return call.id;
    });
    let next = 1;
    return this.#calls.map((call, position) => {
      let id = own[position] ?? '';
      while (id === '') {
        const candidate = `call_${next}`;
        next += 1;
        if (!ids.has(candidate)) id = candidate;
      }
      // Many servers send nothing for a tool without parameters.
      const args = call.arguments.trim() === '' ? '{}' : call.arguments;
      return { type: 'toolCall', id, name: call.name, arguments: args };
    });
  }

  #current(piece: CallPiece): GrowingCall | undefined {
    if (piece.index !== undefined) return this.#byIndex.get(piece.index);
    // Without an index a piece belongs to the call begun last, unless its id or name says otherwise.
    return this.#calls.at(-1);
  }

  #begin(piece: CallPiece): GrowingCall {
    const call: GrowingCall = { id: '', name: '', arguments: '', json: new JsonEnd() };
    this.#calls.push(call);
    if (piece.index !== undefined) this.#byIndex.set(piece.index, call);
    return call;
  }
}

/** All ids of tool calls in a conversation. */
export function callIds(messages: readonly Message[]): string[] {
  return messages.flatMap((message) =>
    message.role === 'assistant' ? (message.toolCalls ?? []).map((call) => call.id) : [],
  );
}

function grow(call: GrowingCall, piece: CallPiece): void {
  if (call.id === '') call.id = piece.id;
  if (call.name === '') call.name = piece.name;
  call.arguments += piece.arguments;
  call.json.read(piece.arguments);
}

function startsAnother(current: GrowingCall, piece: CallPiece): boolean {
  if (piece.id !== '' && current.id !== '' && piece.id !== current.id) return true;
  if (piece.name === '' || current.name === '') return false;
  if (piece.name !== current.name) return true;
  // The same name again: servers repeat it on every piece, so only whole arguments tell two calls apart.
  return current.json.closed && piece.arguments.trim() !== '';
}

function readPieces(entries: Json): CallPiece[] {
  if (!Array.isArray(entries)) throw bad('tool_calls is not a list', entries);
  return entries.map(readPiece);
}

function readPiece(piece: Json): CallPiece {
  if (!isJsonObject(piece)) throw bad('a tool call is not an object', piece);
  const { index, id, function: called } = piece;
  if (!isJsonObject(called)) throw bad('a tool call names no function', piece);
  const { name, arguments: args } = called;
  if (typeof (name ?? '') !== 'string') throw bad("a tool call's name is not a text", piece);
  return {
    index: typeof index === 'number' ? index : undefined,
    id: typeof id === 'string' ? id : '',
    name: typeof name === 'string' ? name : '',
    arguments: typeof args === 'string' ? args : args === undefined || args === null ? '' : JSON.stringify(args),
  };
}

function bad(problem: string, shown: Json): AnswerProblem {
  return new AnswerProblem('BAD_RESPONSE', problem, JSON.stringify(shown));
}

/** Notices when a JSON object that arrives in pieces is closed, looking at each character once. */
class JsonEnd {
  closed = false;
  #depth = 0;
  #inText = false;
  #escaped = false;

  read(piece: string): void {
    for (let at = 0; at < piece.length && !this.closed; at += 1) {
      const char = piece[at];
      if (this.#escaped) this.#escaped = false;
      else if (this.#inText) {
        if (char === '\\') this.#escaped = true;
        else if (char === '"') this.#inText = false;
      } else if (char === '"') this.#inText = true;
      else if (char === '{' || char === '[') this.#depth += 1;
      else if (char === '}' || char === ']') {
        this.#depth -= 1;
        this.closed = this.#depth <= 0;
      }
    }
  }
}
