import { isJsonObject } from '../internal/json.ts';
import type { Json, JsonObject } from '../spec/json.ts';

/** What a piece of delegated work is given. A type, not an interface: it must count as JSON. */
export type ChildInput = {
  readonly kind: 'work' | 'question';
  readonly coworker: string;
  readonly request: string;
  readonly context: string;
  /** Names of the agents from the first to the one at work here. */
  readonly chain: readonly string[];
  /** Delegations left to it and all below it. */
  readonly allowance: number;
  /** Whether who asks has read text from outside. */
  readonly tainted: boolean;
  readonly inputs: JsonObject;
};

/** Reads what `delegationOf` spawned a child with; an engine may have stored it in between. */
export function readChildInput(input: Json | undefined): ChildInput | undefined {
  if (!isJsonObject(input)) return undefined;
  const { kind, coworker, request, context, chain, allowance, tainted, inputs } = input;
  const known = kind === 'work' || kind === 'question' ? kind : undefined;
  if (known === undefined || typeof coworker !== 'string' || typeof request !== 'string' || typeof context !== 'string')
    return undefined;
  if (typeof tainted !== 'boolean') return undefined;
  if (!isNames(chain) || typeof allowance !== 'number' || !isJsonObject(inputs)) return undefined;
  return { kind: known, coworker, request, context, chain, allowance, tainted, inputs };
}

function isNames(value: Json | undefined): value is readonly string[] {
  return Array.isArray(value) && value.every((entry) => typeof entry === 'string');
}
