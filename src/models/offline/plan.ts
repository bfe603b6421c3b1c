import type { JsonObject } from '../../spec/json.ts';
import type { ToolDescription } from '../../spec/model.ts';
import { fillArguments } from './arguments.ts';
import type { Conversation } from './conversation.ts';
import type { Dossier } from './dossier.ts';
import { topFolder } from './paths.ts';
import { patternIn, subjectOf } from './subject.ts';
import { mainParameter, propertiesOf, requiredOf, roleOf, type ToolRole } from './tool-roles.ts';
import type { Topic } from './topics.ts';
import { filesToCheck, isChecking } from './verify.ts';
import { filesToRead, namedFiles, searches, type Wanted } from './wishes.ts';

/** A call that should be made next. */
export interface PlannedCall {
  readonly tool: string;
  readonly input: JsonObject;
}

/** What is known so far. */
interface Known {
  readonly dossier: Dossier;
  readonly topics: readonly Topic[];
}

const READING_TURNS = 4;
const READS_A_TURN = 8;
const SEARCHES_A_TURN = 8;
const CHECKS = 16;
const CODE_FILES = '*.{ts,tsx,mts,cts,js,jsx,mjs,cjs,py,go,rs,java,rb,php}';
const DOCUMENT_FILES = '*.{md,mdx,markdown,rst,txt,adoc}';

/** The tool calls that would bring the next facts; none when enough is known. */
export function planCalls(tools: readonly ToolDescription[], task: Conversation, known: Known): readonly PlannedCall[] {
  if (task.turns >= READING_TURNS || task.feedback.length > 0) return [];
  const of = (role: ToolRole): readonly ToolDescription[] => tools.filter((tool) => roleOf(tool) === role);
  const [reader] = of('read');
  const [searcher] = of('search');
  const checking = isChecking(task) ? filesToCheck(task) : [];
  if (reader !== undefined && checking.length > 0) {
    return calls(reader, checking, task).slice(0, CHECKS);
  }
  const wanted: PlannedCall[] = [];
  if (task.turns === 0) {
    for (const tool of [...of('list'), ...of('other')]) {
      const input = fillArguments(tool, task);
      if (input !== undefined) wanted.push({ tool: tool.name, input: { ...input, ...patternFor(tool, task) } });
    }
  }
  const [lister] = of('list');
  if (lister !== undefined && task.turns === 1 && !known.dossier.complete) wanted.push(...narrower(lister, known));
  const lists = lister !== undefined;
  const toRead = known.dossier.listed || !lists ? filesToRead(known.topics, task, known.dossier) : [];
  const named = known.dossier.listed ? [] : namedFiles(`${task.description} ${task.expected}`);
  // A subject is searched for before anything is read: what the search meets is what to read.
  const searchFirst =
    searcher !== undefined && known.topics[0] === 'prose' && subjectOf(task.description) !== undefined;
  const mayRead = !searchFirst || task.done.some((call) => call.tool === searcher.name);
  if (reader !== undefined && mayRead) {
    wanted.push(...calls(reader, [...named, ...toRead], task).slice(0, READS_A_TURN));
  }
  if (searcher !== undefined && (task.turns > 0 || !lists || searchFirst)) {
    const queries = searches(known.topics, task, known.dossier).map((one) => searchCall(searcher, one, task));
    wanted.push(...queries.filter((call) => !isDone(call, task)).slice(0, SEARCHES_A_TURN));
  }
  return wanted.filter((call) => !isDone(call, task));
}

/** A list that was cut short is asked for again: the documents alone, or folder by folder. */
function narrower(tool: ToolDescription, { dossier, topics }: Known): PlannedCall[] {
  const has = (name: string): boolean => Object.hasOwn(propertiesOf(tool.parameters), name);
  if (topics[0] === 'prose') return has('match') ? [{ tool: tool.name, input: { match: DOCUMENT_FILES } }] : [];
  if (!has('folder')) return [];
  const folders = new Set(dossier.files.map((file) => topFolder(file.path)));
  const telling = ['src/', 'test/', 'tests/', 'docs/'].filter((folder) => folders.has(folder));
  return telling.map((folder) => ({ tool: tool.name, input: { folder: folder.slice(0, -1) } }));
}

function calls(tool: ToolDescription, values: readonly string[], task: Conversation): PlannedCall[] {
  const key = mainParameter(tool);
  if (key === undefined) return [];
  return [...new Set(values)]
    .map((value) => ({ tool: tool.name, input: { ...othersOf(tool, key, task), [key]: value } }))
    .filter((call) => !isDone(call, task));
}

/** Further required arguments, where the task or their schema tells them. */
function othersOf(tool: ToolDescription, key: string, task: Conversation): JsonObject {
  if (requiredOf(tool.parameters).every((name) => name === key)) return {};
  return fillArguments(tool, task) ?? {};
}

function searchCall(tool: ToolDescription, { query, inCode }: Wanted, task: Conversation): PlannedCall {
  const has = (name: string): boolean => Object.hasOwn(propertiesOf(tool.parameters), name);
  const where = inCode ? (has('match') ? { match: CODE_FILES } : {}) : patternFor(tool, task);
  const alike = !inCode && has('ignoreCase') ? { ignoreCase: true } : {};
  return { tool: tool.name, input: { [mainParameter(tool) ?? 'text']: query, ...where, ...alike } };
}

/** The file pattern that the task names, for a tool that takes one. */
function patternFor(tool: ToolDescription, task: Conversation): { readonly match?: string } {
  const match = patternIn(task.description);
  return match !== undefined && Object.hasOwn(propertiesOf(tool.parameters), 'match') ? { match } : {};
}

function isDone(call: PlannedCall, task: Conversation): boolean {
  const input = JSON.stringify(call.input);
  return task.done.some((done) => done.tool === call.tool && JSON.stringify(done.input) === input);
}
