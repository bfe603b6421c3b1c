import type { ToolCall } from '../spec/message.ts';
import type { FinishReason } from '../spec/model.ts';
import { excerpt, type Fault } from './call-errors.ts';

/** What has been heard of an answer. */
export interface Heard {
  readonly text: string;
  readonly toolCalls: readonly ToolCall[];
  readonly finishReason: FinishReason | undefined;
}

/** What is wrong with an answer that has ended, or nothing. A cut or empty answer is never taken for a short one. */
export function answerFault({ text, toolCalls, finishReason }: Heard, mayBeCut: boolean): Fault | undefined {
  switch (finishReason) {
    case undefined:
      return { code: 'STREAM_TRUNCATED', did: 'stopped in the middle of its answer', text, retryable: true };
    case 'length':
      // Arguments that were cut may still parse, and would be run.
      return mayBeCut && toolCalls.length === 0 && text.trim() !== '' ? undefined : { ...CUT, text };
    case 'filter':
      return { ...FILTERED, text };
    case 'refusal':
      return { code: 'REFUSED', did: `refused to answer${quoted(text)}. Reword the task`, text };
    case 'stop':
    case 'toolCalls':
      if (toolCalls.length > 0 || text.trim() !== '') return undefined;
      return { code: 'BAD_RESPONSE', did: 'gave an empty answer', text, retryable: true };
  }
}

function quoted(text: string): string {
  return text === '' ? '' : ` ("${excerpt(text)}")`;
}

const CUT = {
  code: 'OUTPUT_TRUNCATED',
  did: 'reached its limit of tokens before it had finished its answer. Raise settings.maxOutputTokens, or ask for less',
} as const;
const FILTERED = {
  code: 'CONTENT_FILTERED',
  did: "had its answer withheld by the provider's content filter. Reword the task",
} as const;
