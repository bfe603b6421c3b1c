import { isDeepStrictEqual } from 'node:util';
import type { ChildResult, Message } from 'crewline';
import type { Observed } from '../run-seed.ts';
import { isMain } from '../sayings.ts';
import { contextOf } from '../scenario.ts';
import { fallbackOf, framed } from '../words.ts';

/** I4: what is reported of a task that is done is what its agent said, its code returned or its guardrail made of that. */
export function outputsAreKept({ result, world }: Observed): readonly string[] {
  const wrong: string[] = [];
  for (const { name, status, output, raw, error } of Object.values(result?.tasks ?? {})) {
    if (status !== 'done') continue;
    if (error !== null && raw.includes(fallbackOf(name))) continue;
    if (error !== null) wrong.push(`${name} is done with the error ${error.code}, and did not fall back`);
    const said = world.asked.some((asked) => asked.taskName === name && isMain(asked.key) && holds(asked.said, output));
    const made = world.produced.get(name)?.some((value) => isDeepStrictEqual(value, output)) === true;
    if (!said && !made) wrong.push(`nobody produced the output of ${name}: ${JSON.stringify(output)}`);
    if (raw !== output && !isDeepStrictEqual(JSON.parse(raw), output))
      wrong.push(`raw and output of ${name} differ: ${raw}`);
  }
  return wrong;
}

function holds(said: string | undefined, output: unknown): boolean {
  if (said === undefined) return false;
  return said === output || said.includes(JSON.stringify(output)) || said.trim() === output;
}

/** I4 and I5: code is given exactly the outputs that it names, in that order, as they were. */
export function codeReadsItsContext({ scenario, result, world }: Observed): readonly string[] {
  const wrong: string[] = [];
  for (const { taskName, context } of world.readings) {
    const expected = contextOf(scenario, Number(taskName.slice(1))).map((other) => [
      `t${other}`,
      result?.tasks[`t${other}`]?.output,
    ]);
    if (!isDeepStrictEqual(context, expected))
      wrong.push(`${taskName} read ${JSON.stringify(context)} instead of ${JSON.stringify(expected)}`);
  }
  return wrong;
}

/** An output as a prompt holds it: between two tags with one mark that nobody can know beforehand. */
const BLOCK = /<result task="(t\d+)" mark="(\w{14})">\n([\s\S]*?)\n<\/result mark="\2">/g;

/** I4 and I5: the first message about a task holds the outputs that it reads, whole, in the order that it names them. */
export function agentsReadTheirContext({ scenario, result, world }: Observed): readonly string[] {
  const wrong: string[] = [];
  for (const { key, taskName, request } of world.asked) {
    if (!isMain(key) || !key.endsWith('/turn.1.model')) continue;
    const content = request.messages[1]?.content ?? '';
    if (!content.includes(`about (${scenario.topic}).`))
      wrong.push(`${taskName} was not asked about its topic as it is`);
    const given = [...content.matchAll(BLOCK)].map(([, name, , text]) => `${name}: ${text}`);
    const named = scenario.tasks[Number(taskName.slice(1))]?.silent !== true || scenario.process !== 'sequential';
    const expected = contextOf(scenario, Number(taskName.slice(1))).flatMap((other) => {
      const task = result?.tasks[`t${other}`];
      if (task?.status === 'done') return [`t${other}: ${framed(task.raw)}`];
      return named ? [`t${other}: null`] : [];
    });
    if (!isDeepStrictEqual(given, expected))
      wrong.push(`${taskName} read ${given.join(', ')} instead of ${expected.join(', ')}`);
  }
  return wrong;
}

/** I4: what a coworker answered is what is recorded of it, and what the one who asked was told, whole. */
export function coworkersAreHeard({ result, world, scenario }: Observed): readonly string[] {
  const wrong: string[] = [];
  // A tool's result that is the answer ends the work, whatever else was asked for in the same turn.
  const goesOn = !scenario.tools.some(({ resultAsAnswer }) => resultAsAnswer);
  for (const { name, status, error, children, attempts } of Object.values(result?.tasks ?? {})) {
    if (children.length === 0) continue;
    const calls = world.asked.filter(({ taskName }) => taskName === name);
    const look = (child: ChildResult, wentOn: boolean) => {
      for (const below of child.children) look(below, goesOn && child.status === 'done');
      if (child.status !== 'done') return;
      const said = calls.some((asked) => asked.agent === child.agent && asked.said === child.raw);
      const made = world.produced.get(name)?.includes(child.raw) === true;
      if (!said && !made) wrong.push(`nobody said what ${child.agent} is recorded with in ${name}: ${child.raw}`);
      if (wentOn && !calls.some((asked) => asked.agent === child.from && isTold(asked.request.messages, child.raw)))
        wrong.push(`${child.from} was not told what ${child.agent} said in ${name}: ${child.raw}`);
    };
    for (const child of children) look(child, goesOn && attempts === 1 && status === 'done' && error === null);
  }
  return wrong;
}

function isTold(messages: readonly Message[], raw: string): boolean {
  return messages.some(({ role, content }) => role === 'tool' && content.includes(framed(raw)));
}
