import { isObject } from '../../internal/json.ts';
import type { ToolDescription } from '../../spec/model.ts';
import type { Conversation, Coworker, Source } from './conversation.ts';
import type { PlannedCall } from './plan.ts';
import { propertiesOf, roleOf } from './tool-roles.ts';

const WRITING = /\b(?:writ|author|editor|journalist|copy|compos|draft)/i;
const CHECKING = /\b(?:review|critic|check|proofread|quality|editor)/i;
const ROUNDS = 6;

/** Work for every coworker who has none yet: those who find out first, then those who check, write and read over. */
export function delegationCalls(tools: readonly ToolDescription[], task: Conversation): readonly PlannedCall[] {
  const tool = tools.find((one) => roleOf(one) === 'delegate');
  if (tool === undefined || !shouldDelegate(tools, task)) return [];
  const asked = new Set(
    task.done
      .filter((call) => call.tool === tool.name)
      .map((call) => (isObject(call.input) ? String(call.input['coworker']) : '')),
  );
  const open = coworkersFor(tool, task).filter((one) => !asked.has(one.name));
  const stage = Math.min(...open.map(stageOf));
  const known = [...task.sources, ...answersOf(task)];
  return open
    .filter((one) => stageOf(one) === stage)
    .map((one) => ({
      tool: tool.name,
      input: {
        coworker: one.name,
        task: assignment(one, task),
        context: known
          .map(({ name, text }) => `<result task="${name.split('"').join("'")}">\n${text}\n</result>`)
          .join('\n\n'),
      },
    }));
}

/** A manager's message names the coworkers; others delegate only what they cannot do by tools of their own. */
function shouldDelegate(tools: readonly ToolDescription[], task: Conversation): boolean {
  if (task.turns >= ROUNDS) return false;
  if (task.message.includes('# Coworkers')) return true;
  const able = tools.some((tool) => ['list', 'read', 'search', 'other'].includes(roleOf(tool)));
  const handedOn = task.expected.includes('who asked you');
  return !able && !handedOn && task.feedback.length === 0;
}

function coworkersFor(tool: ToolDescription, task: Conversation): readonly Coworker[] {
  const parameter = propertiesOf(tool.parameters)['coworker'];
  const options =
    isObject(parameter) && Array.isArray(parameter['enum'])
      ? parameter['enum'].filter((entry) => typeof entry === 'string')
      : [];
  const known =
    task.coworkers.length > 0
      ? task.coworkers
      : namesIn(tool.description, options).map((name) => ({ name, about: name, hasTools: false }));
  const only = /This task may be given to (.{1,200}) only\. /.exec(task.message)?.[1];
  const allowed = options.length === 0 ? known : known.filter((one) => options.includes(one.name));
  return only === undefined ? allowed : allowed.filter((one) => one.name === only);
}

/** `… Coworkers: Researcher, Writer.` */
function namesIn(description: string, options: readonly string[]): string[] {
  if (options.length > 0) return [...options];
  const at = description.lastIndexOf('Coworkers: ');
  if (at === -1) return [];
  const list = description.slice(at + 'Coworkers: '.length).trim();
  return (list.endsWith('.') ? list.slice(0, -1) : list).split(', ').filter((name) => name !== '');
}

/** 1 finds out, 2 checks what was found, 3 writes, 4 reads over. Who has tools can find out and check. */
function stageOf(coworker: Coworker): number {
  const about = `${coworker.name} ${coworker.about}`;
  if (coworker.hasTools) return CHECKING.test(coworker.name) ? 2 : 1;
  if (CHECKING.test(about)) return 4;
  return WRITING.test(about) ? 3 : 1;
}

function assignment(coworker: Coworker, task: Conversation): string {
  const goal = /Goal: (.{1,500})/.exec(coworker.about)?.[1]?.trim();
  return [
    task.description,
    task.expected === '' ? '' : `What is wanted in the end: ${task.expected}`,
    goal === undefined ? '' : `Your part: ${goal}`,
  ]
    .filter((line) => line !== '')
    .join('\n\n');
}

/** What coworkers have answered so far. */
export function answersOf(task: Conversation): Source[] {
  return task.done.flatMap((call) => {
    if (call.failed || !['delegate_work_to_coworker', 'ask_question_to_coworker'].includes(call.tool)) return [];
    return [
      {
        name: isObject(call.input) && typeof call.input['coworker'] === 'string' ? call.input['coworker'] : 'Coworker',
        text: call.text,
      },
    ];
  });
}
