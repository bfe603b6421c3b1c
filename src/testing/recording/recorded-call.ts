import { createHash } from 'node:crypto';
import type { ErrorCode } from '../../error-codes.ts';
import { isObject } from '../../internal/json.ts';
import { withoutMarks } from '../../internal/outside.ts';
import { redact, redactAll } from '../../internal/redact.ts';
import type { ModelPart, ModelRequest } from '../../spec/model.ts';

/** What a recording keeps of a request: all that the model is asked, but not how the answer should arrive. */
export type RecordedRequest = Omit<ModelRequest, 'stream'>;

/** What a recording keeps of an error. Without a code it was none of Crewline's. */
export interface RecordedError {
  readonly code?: ErrorCode;
  readonly message: string;
  readonly status?: number;
  readonly requestId?: string;
  readonly retryable?: boolean;
  readonly retryAfterMs?: number;
  readonly text?: string;
  readonly sent?: boolean;
}

/** One call of a model, as it was answered. */
export interface RecordedCall {
  /** Names the call within its run: `research/turn.1.model`. Equal for the attempts of a call, and for other runs. */
  readonly key: string;
  readonly agent: string;
  readonly model: string;
  /** Of the request. */
  readonly hash: string;
  readonly request: RecordedRequest;
  readonly parts: readonly ModelPart[];
  /** What was thrown after the parts. */
  readonly error?: RecordedError;
}

/** What is kept of a model: all of it that has a say in what it is asked. */
export interface RecordedTraits {
  readonly jsonSchema: boolean;
  readonly contextWindow?: number;
}

/** The models of a recording by name. */
export type RecordedModels = ReadonlyMap<string, RecordedTraits>;

/** All that a file holds. */
export interface RecordingData {
  readonly models: RecordedModels;
  readonly calls: readonly RecordedCall[];
}

/** What is kept of a request: without secrets, and without what differs between two runs of the same crew. */
export function requestOf({ messages, tools, output, settings }: ModelRequest): RecordedRequest {
  const kept = {
    messages: messages.map((message) => ({ ...message, content: withoutMarks(message.content) })),
    ...(tools !== undefined && tools.length > 0 && { tools }),
    ...(output !== undefined && { output }),
    ...(settings !== undefined && { settings }),
  };
  return redactAll(kept, redact);
}

/** The task that a call was made for: delegated work is named below its task. */
export function taskOf(key: string): string {
  const end = key.indexOf('/');
  return end < 0 ? key : key.slice(0, end);
}

/** Tells two requests apart, whatever the order in which their fields were written. */
export function hashOf(request: RecordedRequest): string {
  return createHash('sha256').update(canonical(request)).digest('hex').slice(0, 16);
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (!isObject(value)) return JSON.stringify(value) ?? 'null';
  const fields = Object.keys(value)
    .filter((key) => value[key] !== undefined)
    .sort();
  return `{${fields.map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`).join(',')}}`;
}
