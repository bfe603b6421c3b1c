import type { JsonObject } from '../../spec/json.ts';
import type { ModelCallOptions, ModelRequest } from '../../spec/model.ts';
import { composeDocument } from './compose.ts';
import { type Conversation, readConversation, type Source } from './conversation.ts';
import { answersOf, delegationCalls } from './delegate.ts';
import { collect, type Dossier } from './dossier.ts';
import { evidenceOf } from './evidence.ts';
import { fixesIn } from './fixes.ts';
import { takeApart, withoutSource } from './join.ts';
import { caseIn, judge } from './judge.ts';
import { limitsIn } from './limits.ts';
import { readMarkdown } from './markdown.ts';
import { planCalls } from './plan.ts';
import { fillSchema } from './schema.ts';
import { roleOf } from './tool-roles.ts';
import type { Finding } from './topics/finding.ts';
import { findingsOn, type Topic, topicsOf } from './topics.ts';
import { isChecking, verdicts } from './verify.ts';
import { sameness, shortened } from './words.ts';
import { type Part, writeFindings } from './write.ts';

/** What the stand-in does next: call tools, or answer. */
export type NextMove =
  | { readonly kind: 'calls'; readonly calls: readonly { readonly tool: string; readonly input: JsonObject }[] }
  | { readonly kind: 'text'; readonly text: string };

const HEADINGS: { readonly [topic in Topic]: string } = {
  about: 'What it is',
  files: 'Files',
  dependencies: 'Dependencies',
  structure: 'Structure',
  tests: 'Tests',
  risks: 'Risks',
  prose: 'From the documents',
};

/** Decides what to do about a request, from its messages alone: the same request always gets the same answer. */
export function nextMove(request: ModelRequest, options: Pick<ModelCallOptions, 'taskName'>): NextMove {
  const task = readConversation(request.messages);
  const judged = caseIn(task);
  if (judged !== undefined) return { kind: 'text', text: JSON.stringify(judge(judged)) };
  const tools = request.tools ?? [];
  const delegated = delegationCalls(tools, task);
  if (delegated.length > 0) return { kind: 'calls', calls: delegated };
  const dossier = collect(task.done.filter((call) => !call.tool.endsWith('_to_coworker')));
  const topics = topicsOf(task, options.taskName);
  const own = tools.filter((tool) => !['delegate', 'ask', 'change'].includes(roleOf(tool)));
  const calls = planCalls(own, task, { dossier, topics });
  if (calls.length > 0) return { kind: 'calls', calls };
  return { kind: 'text', text: answer(request, task, { dossier, topics }) };
}

function answer(
  request: ModelRequest,
  task: Conversation,
  known: { readonly dossier: Dossier; readonly topics: readonly Topic[] },
): string {
  const limits = limitsIn([task.description, task.expected, ...task.feedback]);
  const parts = partsFrom(task, known.dossier, known.topics);
  const coworkers = answersOf(task);
  const sources: Source[] = coworkers.length > 0 ? coworkers : [...task.sources];
  if (request.output !== undefined) {
    const findings = [...parts.flatMap((part) => part.findings), ...fromSources(sources)];
    const stated = findings.length > 0 ? findings : nothingFound(task, known.dossier);
    const evidence = evidenceOf(stated, `${task.description}\n${task.expected}`, {
      fixes: fixesIn(task.feedback),
      limits,
    });
    return JSON.stringify(fillSchema(request.output.schema, evidence));
  }
  if (sources.length === 0)
    return writeFindings(
      parts.length > 0 ? parts : [{ heading: '', findings: nothingFound(task, known.dossier) }],
      limits,
    );
  const checked = isChecking(task) && coworkers.length === 0 ? verdicts(task, known.dossier) : [];
  if (checked.length > 0) return writeFindings([{ heading: '', findings: checked }], limits);
  const read = parts.length === 0 ? [] : [{ name: 'Read besides', text: writeFindings(parts, limitsIn([])) }];
  return composeDocument({ ...task, sources: [...sources, ...read] }, limits);
}

/** What the tools brought, topic by topic; a topic on which they brought nothing gives way to the best sentences. */
function partsFrom(task: Conversation, dossier: Dossier, topics: readonly Topic[]): Part[] {
  const question = `${task.description}\n${task.expected}`;
  const parts = topics
    .map((topic) => ({ heading: HEADINGS[topic], findings: findingsOn(topic, dossier, question) }))
    .filter((part) => part.findings.length > 0);
  if (parts.length > 0) return parts.length === 1 ? [{ heading: '', findings: parts[0]?.findings ?? [] }] : parts;
  const prose = findingsOn('prose', dossier, question);
  return prose.length === 0 ? [] : [{ heading: '', findings: prose }];
}

/** The lines of earlier answers as statements; a file in brackets at the end of one is its source. */
function fromSources(sources: readonly Source[]): Finding[] {
  const lines = takeApart(sources).flatMap((piece) => piece.lines);
  return lines.filter((line) => line.kind !== 'heading').map((line) => withoutSource(line.text));
}

/** When nothing was read: what the task itself says, and why there is no more. */
function nothingFound(task: Conversation, dossier: Dossier): Finding[] {
  const given = readMarkdown(task.description).flatMap((section) => section.sentences);
  const failed = dossier.failures
    .slice(0, 3)
    .map((call) => ({ text: shortened(call.text, 300), nothing: true as const }));
  // A long description brings its own material: a text to sum up, notes to order.
  if (given.length > 4) return [...given.map((text) => ({ text, quote: text })), ...failed];
  const seen =
    task.done.length > 0
      ? 'What the tools returned has nothing on this task that can be quoted.'
      : 'There was nothing to read for this task: no tools that read, and no results of other tasks.';
  const asked =
    sameness(task.description) === ''
      ? []
      : [{ text: `The task is: ${shortened(task.description, 400)}`, nothing: true as const }];
  return [{ text: seen, nothing: true }, ...asked, ...failed];
}
