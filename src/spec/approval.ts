/** What a tool call could do at worst: nothing to speak of, change files or data here, reach out of here, run programs. */
export type ToolRisk = 'none' | 'write' | 'external' | 'exec';

/** A tool call that somebody must agree to. */
export interface ApprovalRequest {
  readonly tool: string;
  /** The checked arguments: plain data, frozen, and the very object that the tool is given when the answer is yes. */
  readonly input: unknown;
  readonly risk: ToolRisk;
  readonly runId: string;
  readonly taskName: string;
  /** Whose model asks for it. */
  readonly agent: string;
  /** The call's idempotency key, as the tool gets it. */
  readonly key: string;
  /** Aborted when the answer is not waited for any more. */
  readonly signal: AbortSignal;
}

/** Yes, no, or no with a reason that the model is told. */
export type ApprovalAnswer = boolean | { readonly refuse: string };

/** Answers for whoever is there to agree. What it throws is a no, and so is no answer within the crew's `timeouts.approvalMs`. */
export type Approve = (request: ApprovalRequest) => ApprovalAnswer | Promise<ApprovalAnswer>;
