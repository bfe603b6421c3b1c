import type { ApprovalAnswer, ApprovalRequest, Approve } from '../spec/approval.ts';
import { cleanText, escapedText } from '../telemetry/clean.ts';
import type { Session } from './session.ts';
import type { TerminalDesk } from './terminal-desk.ts';

/** What the questions need. */
export interface AskingOptions {
  readonly desk: TerminalDesk;
  readonly session: Session;
  /** Takes secrets out of what is shown. */
  readonly redact: (text: string) => string;
}

/**
 * Asks on the terminal whether a tool may be called. Only y and yes are a yes; anything else is a no, and what it says is the
 * reason that the model is told.
 */
export function terminalApprover({ desk, session, redact }: AskingOptions): Approve {
  const { bold, yellow, dim } = session.colours.stderr;
  const ask = async (request: ApprovalRequest): Promise<ApprovalAnswer> => {
    if (request.signal.aborted) return false;
    const facts = [`risk: ${request.risk}`, `task ${request.taskName}`, `agent ${cleanText(request.agent)}`];
    const input = redact(escapedText(JSON.stringify(request.input, null, 2) ?? 'nothing'));
    const question = `${bold(`May it call ${cleanText(request.tool)}`)} with these arguments? [y/N, or why not]`;
    const text = `\n${yellow('?')} ${dim(facts.join(' · '))}\n${input}\n${question} `;
    return readAnswer(await desk.line(text, request.signal));
  };
  return (request) => desk.hold(() => ask(request));
}

function readAnswer(line: string | undefined): ApprovalAnswer {
  const said = cleanText(line ?? '');
  if (/^y(?:es)?$/i.test(said)) return true;
  return said === '' || /^no?$/i.test(said) ? false : { refuse: said };
}
