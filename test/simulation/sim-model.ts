import type { Model, ModelCallOptions, ModelPart } from 'crewline';
import { type Draw, drawFor } from './draw.ts';
import { type Move, spoiled } from './moves.ts';
import { type Saying, sayingOf } from './sayings.ts';
import type { ModelPlan } from './scenario.ts';
import type { Asked, World } from './world.ts';

/**
 * A model that does what the seed says: what it answers follows from who asks what, and from nothing that happened before.
 * Runs share it; `worldOf` tells whose run asks.
 */
export function simModel(worldOf: (runId: string) => World, plan: ModelPlan): Model {
  const { name, jsonSchema, limits, retries, timeouts } = plan;
  return {
    name,
    jsonSchema,
    ...(limits && { limits }),
    ...(retries !== undefined && { retries }),
    ...(timeouts && { timeouts }),
    generate(request, options) {
      const world = worldOf(options.runId);
      const asked = world.ask(plan.name, request, options);
      const draw = drawFor(world.scenario.seed, `${plan.name} ${options.key} ${asked.attempt}`);
      const { faults, faultRate } = world.scenario;
      const fault = faults.length > 0 && !world.calm && draw.chance(faultRate) ? draw.pick(faults) : undefined;
      if (fault !== undefined) world.inject(asked, fault);
      if (fault === 'throwsAtOnce') {
        asked.endedAt = world.clock.monotonic();
        throw new Error('The model is not there.');
      }
      const saying = sayingOf(world, asked, draw);
      const moves = movesOf(asked, saying, draw).filter(({ kind }) => !world.calm || kind === 'say');
      const played = fault === undefined ? moves : spoiled(moves, fault, draw);
      asked.deaf = played.some((move) => 'deaf' in move && move.deaf);
      return play(world, asked, { moves: played, saying, options });
    },
  };
}

/** An answer in time: a wait, then its parts with waits between them. */
function movesOf(asked: Asked, { text, toolCalls }: Saying, draw: Draw): readonly Move[] {
  const moves: Move[] = [{ kind: 'wait', ms: draw.chance(0.1) ? 0 : draw.between(1, 3_000), deaf: false }];
  const pieces = text === '' ? 0 : draw.between(1, 3);
  const length = Math.ceil(text.length / Math.max(1, pieces));
  for (let at = 0; at < pieces; at += 1) {
    if (at > 0) moves.push({ kind: 'wait', ms: draw.between(1, 500), deaf: false });
    moves.push({ kind: 'say', part: { type: 'text', text: text.slice(at * length, (at + 1) * length) } });
  }
  let chars = text.length;
  for (const call of toolCalls) {
    chars += call.arguments.length + call.name.length;
    moves.push({ kind: 'say', part: { type: 'toolCall', ...call } });
  }
  asked.outputTokens = Math.ceil(chars / 4);
  const usage = { inputTokens: asked.inputTokens, outputTokens: asked.outputTokens };
  moves.push({ kind: 'say', part: { type: 'end', finishReason: toolCalls.length > 0 ? 'toolCalls' : 'stop', usage } });
  return moves;
}

interface Play {
  readonly moves: readonly Move[];
  readonly saying: Saying;
  readonly options: ModelCallOptions;
}

async function* play(world: World, asked: Asked, { moves, saying, options }: Play): AsyncGenerator<ModelPart> {
  const { clock } = world;
  let text = '';
  try {
    for (const move of moves) {
      switch (move.kind) {
        case 'wait':
          if (move.ms > 0) await clock.sleep(move.ms, move.deaf ? undefined : options.signal);
          break;
        case 'say': {
          if (move.part?.type === 'text') text += move.part.text;
          // Calls that were not offered are left out, and what is said beside them is the answer.
          const answers = saying.toolCalls.length === 0 || asked.request.tools === undefined;
          if (answers && endsWell(move.part)) asked.said = world.cutBefore(asked) + text;
          else if (move.part?.type === 'end' && move.part.finishReason === 'length') world.cut.set(asked.key, text);
          yield move.part;
          break;
        }
        case 'throw':
          throw move.thrown;
        case 'never':
          await (move.deaf ? new Promise<never>(() => {}) : untilAborted(options.signal));
      }
    }
  } finally {
    asked.endedAt = clock.monotonic();
  }
}

function endsWell(part: ModelPart): boolean {
  return part?.type === 'end' && (part.finishReason === 'stop' || part.finishReason === 'toolCalls');
}

function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    else signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
