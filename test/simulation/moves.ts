import { ModelError, type ModelPart } from 'crewline';
import { CANARY } from './canary.ts';
import type { Draw } from './draw.ts';
import type { FaultKind } from './faults.ts';

/** One thing that a model does while it answers. */
export type Move =
  /** `deaf`: it does not hear its signal meanwhile. */
  | { readonly kind: 'wait'; readonly ms: number; readonly deaf: boolean }
  | { readonly kind: 'say'; readonly part: ModelPart }
  | { readonly kind: 'throw'; readonly thrown: unknown }
  | { readonly kind: 'never'; readonly deaf: boolean };

/** Something that a provider's answer may hold although no type allows it. */
const garbage = (json: string): ModelPart => JSON.parse(json);

const GARBAGE = ['null', '{"type":"nonsense"}', '{"type":"text","text":42}', '{"type":"toolCall"}', '[]', '"text"'];

const ODD_USAGES = ['{"inputTokens":-5,"outputTokens":"many"}', '{"inputTokens":1e308,"outputTokens":0.5}', '7'];

/** Retry-After in milliseconds that no clock can keep. */
const BAD_DELAYS = [-5, Number.NaN, Number.POSITIVE_INFINITY, 1e99];

const HOURS = 3_600_000;

function provider(
  code: 'RATE_LIMITED' | 'PROVIDER_DOWN' | 'BAD_RESPONSE',
  status: number,
  retryAfterMs?: number,
): Move {
  const details = { status, retryable: true, retryAfterMs };
  return { kind: 'throw', thrown: new ModelError(code, `The provider says ${status} to ${CANARY.reveal()}.`, details) };
}

function final(code: 'QUOTA_EXHAUSTED' | 'AUTH' | 'CONTEXT_OVERFLOW', status: number): Move {
  return { kind: 'throw', thrown: new ModelError(code, `The provider says ${status}.`, { status }) };
}

function odd(draw: Draw): unknown {
  return draw.pick([() => 'a text', () => null, () => undefined, () => Object.freeze({}), () => 0n])();
}

/** What becomes of an answer with this fault. Those that only say other things than they should are made by `sayings`. */
export function spoiled(moves: readonly Move[], fault: FaultKind, draw: Draw): readonly Move[] {
  const half = moves
    .slice(0, Math.ceil(moves.length / 2))
    .filter((move) => move.kind !== 'say' || move.part.type !== 'end');
  const unended = moves.filter((move) => move.kind !== 'say' || move.part.type !== 'end');
  switch (fault) {
    case 'rateLimited':
      return [...moves.slice(0, 1), provider('RATE_LIMITED', 429)];
    case 'retryAfter':
      return [...moves.slice(0, 1), provider('RATE_LIMITED', 429, draw.pick([0, 1, 700, 20_000, 90_000]))];
    case 'retryAfterLong':
      return [...moves.slice(0, 1), provider('RATE_LIMITED', 429, draw.between(1, 100) * HOURS)];
    case 'retryAfterBad':
      return [...moves.slice(0, 1), provider('RATE_LIMITED', 429, draw.pick(BAD_DELAYS))];
    case 'quota':
      return [...moves.slice(0, 1), final('QUOTA_EXHAUSTED', draw.pick([402, 429]))];
    case 'auth':
      return [...moves.slice(0, 1), final('AUTH', draw.pick([401, 403]))];
    case 'overflow':
      return [...moves.slice(0, 1), final('CONTEXT_OVERFLOW', 400)];
    case 'down':
      return [...moves.slice(0, 1), provider('PROVIDER_DOWN', draw.pick([500, 502, 503, 504, 529]))];
    case 'resetEarly':
      return [provider('PROVIDER_DOWN', 0)];
    case 'resetMid':
      return [...half, provider('PROVIDER_DOWN', 0)];
    case 'malformed':
      return [...half, provider('BAD_RESPONSE', 200)];
    case 'foreign':
      return [...half, { kind: 'throw', thrown: new TypeError(`terminated, key ${CANARY.reveal()}`) }];
    case 'oddThrow':
      return [...half, { kind: 'throw', thrown: odd(draw) }];
    case 'hangs':
      return [...half, { kind: 'never', deaf: false }];
    case 'deaf':
      return [...half, { kind: 'never', deaf: true }];
    case 'trickle':
      return [...trickle(draw), ...moves];
    case 'slow':
      return [{ kind: 'wait', ms: draw.pick([5_000, 59_000, 119_000, 500_000]), deaf: draw.chance(0.2) }, ...moves];
    case 'truncated':
      return unended;
    case 'garbage':
      return [...half, { kind: 'say', part: garbage(draw.pick(GARBAGE)) }, ...moves.slice(half.length)];
    case 'oddUsage':
      return [
        ...unended,
        { kind: 'say', part: garbage(`{"type":"end","finishReason":"stop","usage":${draw.pick(ODD_USAGES)}}`) },
      ];
    case 'late':
      return moves.map((move) => (move.kind === 'wait' ? { ...move, deaf: true } : move));
    case 'empty':
      return [{ kind: 'say', part: { type: 'end', finishReason: 'stop' } }];
    case 'length':
    case 'filter':
    case 'refusal':
      return [...half, { kind: 'say', part: { type: 'end', finishReason: fault } }];
    case 'throwsAtOnce':
    case 'badArguments':
    case 'unknownTool':
    case 'sameIds':
    case 'toolLoop':
    case 'wrongJson':
      return moves;
  }
}

/** A letter now and then, within every idle limit: only the limit of the whole answer ends it. */
function trickle(draw: Draw): readonly Move[] {
  return Array.from(
    { length: draw.between(5, 40) },
    (_, at): Move =>
      at % 2 === 0 ? { kind: 'wait', ms: 55_000, deaf: false } : { kind: 'say', part: { type: 'text', text: '.' } },
  );
}
