import type { ModelPrice, ModelPrices } from '../spec/limits.ts';

/** Input, cached input and output, in US dollars for a million tokens. */
type Listed = readonly [input: number, cachedInput: number, output: number];
/** What OpenAI asks for a call whose input is longer than 272,000 tokens: twice the input, one and a half times the output. */
const OPENAI_LONG = 272_000;
const GEMINI_LONG = 200_000;

function price([input, cachedInput, output]: Listed): ModelPrice {
  return Object.freeze({ input, cachedInput, output });
}

/** Twice the input and one and a half times the output above so many input tokens, as OpenAI and Google have it. */
function tiered(above: number, [input, cachedInput, output]: Listed): ModelPrice {
  const long = Object.freeze({ above, input: 2 * input, cachedInput: 2 * cachedInput, output: 1.5 * output });
  return Object.freeze({ input, cachedInput, output, long });
}

/**
 * List prices of the standard tier, without batch, fast or regional surcharges and without writes to a cache. They change:
 * a crew's own `prices` win over these. What could not be sourced is not here.
 */
const SHIPPED: ModelPrices = Object.freeze({
  offline: Object.freeze({ input: 0, output: 0 }),

  // developers.openai.com/api/docs/models (GPT-6 Astra, GPT-5.6), github.com/BerriAI/litellm discussions 39633 and 42523
  // (GPT-6, long inputs): September 2026.
  'gpt-6-astra': tiered(OPENAI_LONG, [10, 1, 50]),
  'gpt-6-sol': tiered(OPENAI_LONG, [2, 0.2, 10]),
  'gpt-6-luna': tiered(OPENAI_LONG, [0.1, 0.01, 0.5]),
  'gpt-5.6': tiered(OPENAI_LONG, [4, 0.4, 20]),
  'gpt-5.6-sol': tiered(OPENAI_LONG, [4, 0.4, 20]),
  'gpt-5.6-terra': tiered(OPENAI_LONG, [2, 0.2, 12]),
  'gpt-5.6-luna': tiered(OPENAI_LONG, [0.2, 0.02, 1.2]),

  // github.com/github/docs data/tables/copilot/models-and-pricing.yml and www.morphllm.com/openai-api-pricing: June to
  // September 2026. The pro models have no price for cached input.
  'gpt-5.5': tiered(OPENAI_LONG, [5, 0.5, 30]),
  'gpt-5.5-pro': price([30, 30, 180]),
  'gpt-5.4': tiered(OPENAI_LONG, [2.5, 0.25, 15]),
  'gpt-5.4-mini': price([0.75, 0.075, 4.5]),
  'gpt-5.4-nano': price([0.2, 0.02, 1.25]),
  'gpt-5.4-pro': price([30, 30, 180]),
  'gpt-5.3-codex': price([1.75, 0.175, 14]),

  // nicolalazzari.ai/articles/openai-api-pricing-explained-2026 (GPT-5.2, mini), docs.rs/crate/openai-cost (GPT-5), deploybase.ai
  // (GPT-5.1), and price tables of public projects that quote openai.com/api/pricing (nano, GPT-4): 2025 and 2026.
  'gpt-5.2': price([1.75, 0.175, 14]),
  'gpt-5.2-pro': price([21, 21, 168]),
  'gpt-5.1': price([1.25, 0.125, 10]),
  'gpt-5': price([1.25, 0.125, 10]),
  'gpt-5-mini': price([0.25, 0.025, 2]),
  'gpt-5-nano': price([0.05, 0.005, 0.4]),
  'gpt-4.1': price([2, 0.5, 8]),
  'gpt-4.1-mini': price([0.4, 0.1, 1.6]),
  'gpt-4.1-nano': price([0.1, 0.025, 0.4]),
  'gpt-4o': price([2.5, 1.25, 10]),
  'gpt-4o-mini': price([0.15, 0.075, 0.6]),
  'gpt-4o-2024-05-13': price([5, 5, 15]),

  // platform.claude.com/docs/en/about-claude/pricing, and the release notes of github.com/kurofune/claudit v1.9.2 and
  // TheKrush/PromptFuel v1.0.21 and v1.0.23 for the 5.5 models: October 2026.
  'claude-fable-5-1': price([10, 0.25, 50]),
  'claude-fable-5': price([10, 1, 50]),
  'claude-opus-5-5': price([4, 0.2, 20]),
  'claude-opus-5': price([5, 0.5, 25]),
  'claude-opus-4-8': price([5, 0.5, 25]),
  'claude-opus-4-7': price([5, 0.5, 25]),
  'claude-opus-4-6': price([5, 0.5, 25]),
  'claude-opus-4-5': price([5, 0.5, 25]),
  'claude-sonnet-5-5': price([2, 0.1, 10]),
  'claude-sonnet-5': price([2, 0.2, 10]),
  'claude-sonnet-4-6': price([3, 0.3, 15]),
  'claude-sonnet-4-5': price([3, 0.3, 15]),
  'claude-haiku-5-5': Object.freeze({
    ...price([0.1, 0.01, 0.5]),
    long: Object.freeze({ above: 100_000, input: 0.5, cachedInput: 0.05, output: 2.5 }),
  }),
  'claude-haiku-4-5': price([1, 0.1, 5]),

  // github.com/github/docs data/tables/copilot/models-and-pricing.yml (September 2026), factquire.com quoting
  // ai.google.dev/gemini-api/docs/pricing (July 2026).
  'gemini-3.1-pro-preview': tiered(GEMINI_LONG, [2, 0.2, 12]),
  'gemini-3.5-flash': price([1.5, 0.15, 9]),
  'gemini-3-flash-preview': price([0.5, 0.05, 3]),
});

/** How snapshots are named: `gpt-5-mini-2025-08-07`, `claude-opus-4-5-20251101`. */
const DATE = /-\d{4}-?\d{2}-?\d{2}$/;

/**
 * The price of a model by its name: the crew's own comes first, then the shipped one. Names match exactly; a dated snapshot
 * that is not listed itself costs what its model costs. Undefined where neither has it.
 */
export function priceIn(own: ModelPrices | undefined): (model: string) => ModelPrice | undefined {
  return (model) => {
    const undated = model.replace(DATE, '');
    return (
      listed(own, model) ??
      (undated === model ? undefined : listed(own, undated)) ??
      listed(SHIPPED, model) ??
      listed(SHIPPED, undated)
    );
  };
}

function listed(prices: ModelPrices | undefined, model: string): ModelPrice | undefined {
  return prices !== undefined && Object.hasOwn(prices, model) ? prices[model] : undefined;
}
