import type { CrewData } from '../definition.ts';
import type { Problem } from '../errors.ts';
import { modelBoundsIn } from '../internal/spending.ts';
import { checkAgents } from './check-agents.ts';
import { checkInputs } from './check-inputs.ts';
import { checkOutputFiles } from './check-output-files.ts';
import { checkPrompts } from './check-prompts.ts';
import { checkSkips } from './check-skips.ts';
import { checkTemplates } from './check-templates.ts';
import { cycleProblems } from './cycles.ts';
import { buildGraph, type Graph } from './graph.ts';
import { hasAgentTask } from './has-agent-task.ts';
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
  const idle = (message: string) => problems.push({ code: 'OPTION_WITHOUT_EFFECT', place, message });
  if (crew.tasks.length === 0)
    problems.push({ code: 'TASKS_EMPTY', place, message: 'tasks is empty: a crew needs work to do.' });
  if (crew.maxConcurrency !== undefined && crew.process === 'sequential') {
    idle('maxConcurrency has no effect in a sequential crew, where one task runs after another.');
  }
  if (crew.failFast && crew.process === 'sequential') {
    idle('failFast has no effect in a sequential crew, where no other task is at work when one fails.');
  }
  for (const option of optionsOfModels(crew)) {
    idle(
      `${option} has no effect in a crew whose tasks are all done by code: it calls no model. Leave it out; a crew that is run inside execute takes it itself.`,
    );
  }
  return problems;
}

/** The options given that only calls of models heed, where there will be none. */
function optionsOfModels(crew: CrewData): readonly string[] {
  if (crew.tasks.length === 0 || hasAgentTask(crew)) return [];
  const { budget, prices, approvals } = crew;
  return [
    ...modelBoundsIn(budget).map((bound) => `budget.${bound}`),
    ...(prices === undefined ? [] : ['prices']),
    ...(approvals === 'tainted' ? ["approvals: 'tainted'"] : []),
  ];
}
