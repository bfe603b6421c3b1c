import type { Elsewhere, Fault } from './fault.ts';
import { MODEL_FAULTS } from './model-faults.ts';
import { RUN_FAULTS } from './run-faults.ts';
import { TOOL_FAULTS } from './tool-faults.ts';

/** Every class of fault that needs no store, with its name in the catalogue of faults. */
export const CLASSES: { readonly [id: string]: string } = {
  F01: '429 with Retry-After',
  F02: '429 without it, or with one that makes no sense',
  F03: 'an empty account, a wrong key',
  F04: '500, 502, 503, 504, 529',
  F05: 'no such host, nobody listens, no secure connection',
  F06: 'reset before, during and after the head of an answer',
  F07: 'silence, a trickle, comments for ever',
  F08: 'a stream that is cut',
  F09: 'a stream that is malformed, or in odd pieces',
  F10: '200 with what is no answer',
  F11: 'an answer cut at its limit',
  F12: 'a filtered answer, a refusal',
  F13: 'arguments of a tool that are not JSON',
  F14: 'a tool that does not exist',
  F15: 'arguments of a wrong type, or too many',
  F16: 'ids of tool calls that are missing or used twice',
  F17: 'of several tool calls, one throws and one hangs',
  F18: 'a tool that ignores its signal',
  F19: 'the same call again and again',
  F20: 'a conversation too long for the model',
  F21: 'an output that does not fit its schema',
  F22: 'a guardrail that rejects, throws or hangs',
  F23: 'delegation in circles',
  F24: 'a cycle of tasks, a task that does not exist, two of one name',
  F25: 'a variable that is missing, a helper that does not exist',
  F26: 'the output of another task that is not there',
  F27: 'a task that fails while others are at work',
  F28: 'cancelling while calls are in flight',
  F29: 'a budget that is used up',
  F37: 'a wall clock that jumps',
  F40: 'an output of megabytes',
  F41: 'half characters, NUL, text that reorders',
  F42: 'JSON that is nested too deep',
  F43: 'values that JSON cannot hold',
  F44: 'ten thousand tasks, a join of a thousand',
  F45: 'a listener that throws, is slow, or starts runs itself',
  F46: 'a callback that throws where nobody expects it',
  F47: 'a reader or a terminal that goes away',
  F49: 'a service behind a tool that is down, or answers with far too much',
  F50: 'a manager that assigns nothing, or to nobody',
};

/** One row for each way in which a fault can show. Each runs alone, and together with every other. */
export const FAULTS: readonly Fault[] = [...MODEL_FAULTS, ...TOOL_FAULTS, ...RUN_FAULTS];

/** What is, or is also, tested where the code is. */
export const ELSEWHERE: { readonly [id: string]: readonly Elsewhere[] } = {
  F01: [
    { file: 'test/calls/pacing.test.ts', test: 'a pause that one task is asked for holds all that share the model' },
  ],
  F03: [
    {
      file: 'test/calls/pacing.test.ts',
      test: 'an account that runs dry is asked once, however many tasks wait for it',
    },
  ],
  F09: [
    { file: 'test/models/openai-sse.test.ts', test: 'a stream cut in two at any byte gives the same events' },
    { file: 'test/fuzz/stream.test.ts', test: 'a stream cut at every single byte gives the same events' },
  ],
  F44: [{ file: 'test/faults/scale.test.ts', test: 'ten thousand tasks and a join of a thousand are worked' }],
  F45: [
    { file: 'test/run/listeners.test.ts', test: 'nobody waits for a slow listener' },
    {
      file: 'test/run/listeners.test.ts',
      test: 'a listener that starts another run of the same crew does not disturb this one',
    },
  ],
  F46: [
    {
      file: 'test/run/listeners.test.ts',
      test: 'a listener whose promise rejects is reported once and does not end the process',
    },
    { file: 'test/cli/crews.test.ts', test: 'a promise that a crew forgot is reported, and takes nothing with it' },
  ],
  F47: [
    { file: 'test/cli/run.test.ts', test: 'a closed terminal does not end a run' },
    { file: 'test/cli/run.test.ts', test: 'a reader that goes away does not crash the run' },
    { file: 'test/cli/run.test.ts', test: 'nobody reading anything does not crash it either' },
  ],
};
