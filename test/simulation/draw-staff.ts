import type { Draw } from './draw.ts';
import { drawLimits, drawTimeouts } from './draw-bounds.ts';
import type { AgentPlan, ModelPlan, Mood, OnCancel, ToolPlan } from './scenario.ts';

export const ON_CANCEL: readonly OnCancel[] = ['stops', 'stops', 'throws', 'ignores'];

export function drawTools(draw: Draw, trouble: boolean): readonly ToolPlan[] {
  return Array.from({ length: draw.below(5) }, (_, at): ToolPlan => {
    const fates: ToolPlan['fate'][] = ['text', 'text', 'json', 'nothing'];
    if (trouble) fates.push('throws', 'notJson', 'hangs');
    return {
      name: `tool${at}`,
      ms: draw.chance(0.3) ? 0 : draw.between(1, draw.pick([20, 2_000, 40_000])),
      fate: draw.pick(fates),
      onCancel: draw.pick(ON_CANCEL),
      maxUses: draw.chance(0.2) ? draw.between(1, 3) : undefined,
      resultAsAnswer: draw.chance(0.05),
      timeoutMs: draw.chance(0.2) ? draw.pick([5, 1_000, 30_000]) : undefined,
      effect: draw.pick(['read', 'idempotent', 'once']),
      approval: draw.chance(0.15),
      risk: draw.pick(['none', 'none', 'write', 'external', 'exec']),
    };
  });
}

export function drawModels(draw: Draw, mood: Mood): readonly ModelPlan[] {
  const trouble = mood === 'faulty' || mood === 'everything';
  return Array.from({ length: draw.between(1, 3) }, (_, at): ModelPlan => {
    const jsonSchema = draw.chance(0.5);
    return {
      name: `model${at}`,
      jsonSchema,
      limits: draw.chance(mood === 'calm' ? 0.1 : 0.3) ? drawLimits(draw) : undefined,
      retries: trouble && draw.chance(0.3) ? draw.between(0, 4) : undefined,
      timeouts: trouble && draw.chance(0.3) ? drawTimeouts(draw) : undefined,
      route: draw.chance(0.25) ? draw.pick(['fallback', 'hedge']) : undefined,
    };
  });
}

export function drawAgents(
  draw: Draw,
  { tools, models, trouble }: { readonly tools: number; readonly models: number; readonly trouble: boolean },
): readonly AgentPlan[] {
  const count = draw.between(1, 4);
  const all = Array.from({ length: tools }, (_, tool) => tool);
  return Array.from({ length: count }, (_, at): AgentPlan => {
    const others = Array.from({ length: count }, (_, other) => other).filter((other) => other !== at);
    return {
      name: `Agent ${at}`,
      model: draw.below(models),
      tools: draw.some(all, 0.4),
      maxTurns: draw.chance(0.3) ? draw.between(1, 4) : 20,
      allowDelegation: draw.chance(0.7) ? false : draw.chance(0.5) ? true : draw.some(others, 0.5),
      timeoutMs: trouble && draw.chance(0.1) ? draw.pick([500, 30_000, 600_000]) : undefined,
    };
  });
}
