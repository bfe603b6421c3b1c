import type { ToolCall } from '../spec/message.ts';
import type { ToolAnswer } from './tool-reply.ts';
import type { Work } from './work.ts';

/**
 * One call's claim to a use of a tool with `maxUses`, among the calls of its turn. They are made at the same time, and yet
 * the uses go to them in their order, whatever of it is recorded already: so a replay comes to the same. A call whose
 * arguments are wrong leaves its use to those after it.
 */
export class Claim {
  readonly #earlier: readonly Claim[];
  /** Uses that were left before this turn. */
  readonly #left: number;
  readonly #decided: Promise<boolean>;
  #decide: (takes: boolean) => void = () => {};

  constructor(earlier: readonly Claim[], left: number) {
    this.#earlier = earlier;
    this.#left = left;
    this.#decided = new Promise((resolve) => {
      this.#decide = resolve;
    });
  }

  /** True when there was no use left before the turn. */
  get isHopeless(): boolean {
    return this.#left <= 0;
  }

  /** Takes a use where one is left. Waits for the calls before it only while that depends on them. */
  async take(): Promise<boolean> {
    let taken = 0;
    if (this.#earlier.length >= this.#left) {
      for (const claim of this.#earlier) if (await claim.#decided) taken += 1;
    }
    const takes = taken < this.#left;
    this.#decide(takes);
    return takes;
  }

  /** The call is answered. That decides its claim where nothing has: it was recorded, or never came to take a use. */
  answered(answer: ToolAnswer | undefined): void {
    this.#decide(answer !== undefined && isUse(answer));
  }
}

/** The claims of a turn's calls, in their order; undefined for each whose tool may be called without end. */
export function claimsOf({ assignment, uses }: Work, calls: readonly ToolCall[]): readonly (Claim | undefined)[] {
  const byTool = new Map<string, Claim[]>();
  return calls.map(({ name }) => {
    const tool = assignment.tools.find((entry) => entry.name === name);
    if (tool === undefined || tool.maxUses === Number.POSITIVE_INFINITY) return undefined;
    const earlier = byTool.get(name) ?? [];
    const claim = new Claim([...earlier], tool.maxUses - (uses.get(name) ?? 0));
    byTool.set(name, [...earlier, claim]);
    return claim;
  });
}

/** Counts what a turn has used, by its answers alone. */
export function countUses({ uses }: Work, calls: readonly ToolCall[], answers: readonly ToolAnswer[]): void {
  for (const [index, { name }] of calls.entries()) {
    const answer = answers[index];
    if (answer !== undefined && isUse(answer)) uses.set(name, (uses.get(name) ?? 0) + 1);
  }
}

/** A call that never ran is not a use. */
function isUse({ outcome }: ToolAnswer): boolean {
  return outcome === 'done' || outcome === 'failed';
}
