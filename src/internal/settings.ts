import type { Problem } from '../errors.ts';
import type { ModelSettings } from '../spec/model.ts';
import { type Check, checkOptions, oneOf, positive, type Rules, record } from './checks.ts';
import { frozenData } from './frozen.ts';

const finite: Check = (value) => (Number.isFinite(value) ? undefined : 'a number');
const texts: Check = (value) =>
  Array.isArray(value) && value.every((entry) => typeof entry === 'string') ? undefined : 'a list of texts';

const RULES: Rules = {
  temperature: finite,
  maxOutputTokens: positive,
  topP: finite,
  stop: texts,
  seed: finite,
  reasoningEffort: oneOf('none', 'minimal', 'low', 'medium', 'high'),
  providerOptions: record,
};

/** What is wrong in a model's settings. A field that only one provider knows belongs into `providerOptions`. */
export function checkSettings(place: string, settings: unknown): Problem[] {
  if (settings === undefined || record(settings) !== undefined) return [];
  return checkOptions(place, settings, RULES, []).map((problem) => ({
    ...problem,
    message: `settings: ${problem.message}`,
  }));
}

/** The settings as they are now, at every depth. */
export function frozenSettings(settings: ModelSettings): ModelSettings {
  const { stop, providerOptions } = settings;
  return Object.freeze({
    ...settings,
    ...(stop !== undefined && { stop: Object.freeze([...stop]) }),
    ...(providerOptions !== undefined && { providerOptions: frozenData(providerOptions) }),
  });
}
