/** What a model can do wrong, seen from the loop: every store-free fault of a provider comes down to one of these. */
export const FAULT_KINDS = [
  'rateLimited', // 429 without a header
  'retryAfter', // 429 with one
  'retryAfterLong', // 429 with one that asks for hours
  'retryAfterBad', // 429 with one that is no number of milliseconds
  'quota',
  'auth',
  'down', // 5xx, refused connections
  'resetEarly',
  'resetMid', // after half of the answer
  'foreign', // a model of the user's own throws an error of its own
  'oddThrow', // … or something that is no error
  'throwsAtOnce', // … before it has returned anything
  'hangs', // never answers, but hears its signal
  'deaf', // never answers, and hears nothing
  'trickle', // answers for ever, a little at a time
  'slow',
  'truncated', // ends without its end
  'malformed',
  'garbage', // yields what is no part of an answer
  'empty',
  'length',
  'filter',
  'refusal',
  'overflow',
  'badArguments', // calls a tool with arguments that are not JSON, or of the wrong type
  'unknownTool',
  'sameIds', // gives two calls one id, or none
  'toolLoop', // calls the same tool with the same arguments for as long as it may
  'wrongJson',
  'late', // goes on talking after its signal has aborted
  'oddUsage', // counts tokens that nobody can have used
] as const;

export type FaultKind = (typeof FAULT_KINDS)[number];
