import type { ChildResult } from '../spec/outcome.ts';
import type { Tool } from '../tool.ts';
import { type CallRecord, mergeUsage, NO_USAGE, sumUsage, type Usage } from '../usage.ts';

const NO_CHILDREN: readonly never[] = Object.freeze([]);

/** What is spent on one piece of work while it is under way, so that a failure still tells. */
export class Ledger {
  #calls: CallRecord[] | undefined;
  #children: ChildResult[] | undefined;
  readonly #before: Usage | undefined;

  /** `before` was used in an earlier stretch of the run. */
  constructor(before?: Usage) {
    this.#before = before;
  }

  readonly onCall = (call: CallRecord): void => {
    this.#calls ??= [];
    this.#calls.push(call);
  };

  /** True once a model that works on it has read text from outside. */
  tainted = false;
  #acted = false;

  readonly onTool = ({ effect }: Tool): void => {
    if (effect === 'once') this.#acted = true;
  };

  /** Whether a tool was called that may be called once only. */
  get acted(): boolean {
    return this.#acted;
  }

  addChild(child: ChildResult, { acted }: { readonly acted: boolean }): void {
    if (acted) this.#acted = true;
    this.#children ??= [];
    this.#children.push(child);
  }

  get children(): readonly ChildResult[] {
    return this.#children ?? NO_CHILDREN;
  }

  /** Own calls and those of delegated work, each once. */
  usage(): Usage {
    const own = this.#calls === undefined ? NO_USAGE : sumUsage(this.#calls);
    if (this.#children === undefined && this.#before === undefined) return own;
    return mergeUsage([this.#before ?? NO_USAGE, own, ...this.children.map((child) => child.usage)]);
  }
}
