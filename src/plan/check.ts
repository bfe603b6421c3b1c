import type { CrewData } from '../definition.ts';
import type { Problem } from '../errors.ts';
import { checkAgents } from './check-agents.ts';
import { checkInputs } from './check-inputs.ts';
import { checkOutputFiles } from './check-output-files.ts';
import { checkPrompts } from './check-prompts.ts';
import { checkSkips } from './check-skips.ts';
import { checkTemplates } from './check-templates.ts';
import { cycleProblems } from './cycles.ts';
import { buildGraph, type Graph } from './graph.ts';
import { hints } from './hints.ts';
import { templateUses } from './template-uses.ts';

/** A crew's graph, and every mistake in the crew: the graph may be run only when there is none. */
export function checkCrew(crew: CrewData): { readonly graph: Graph; readonly problems: readonly Problem[] } {
  const hint = hints();
  const uses = templateUses(crew);
  const { graph, problems: inNames } = buildGraph(crew, { uses, hint });
  const problems = [
    ...checkOptions(crew),
    ...checkInputs(crew),
    ...checkAgents(crew, hint),
    ...inNames,
    ...cycleProblems(graph, crew),
    ...checkOutputFiles(crew),
    ...checkPrompts(crew, uses),
    ...checkTemplates(uses, { crew, ids: graph.ids, hint }),
    ...checkSkips(crew, graph, uses),
  ];
  return { graph, problems };
}

function checkOptions(crew: CrewData): Problem[] {
  const problems: Problem[] = [];
  const place = `crew "${crew.name}"`;
  if (crew.tasks.length === 0)
    problems.push({ code: 'TASKS_EMPTY', place, message: 'tasks is empty: a crew needs work to do.' });
  if (crew.maxConcurrency !== undefined && crew.process === 'sequential') {
    const message = 'maxConcurrency has no effect in a sequential crew, where one task runs after another.';
    problems.push({ code: 'OPTION_WITHOUT_EFFECT', place, message });
  }
  if (crew.failFast && crew.process === 'sequential') {
    const message = 'failFast has no effect in a sequential crew, where no other task is at work when one fails.';
    problems.push({ code: 'OPTION_WITHOUT_EFFECT', place, message });
  }
  return problems;
}
