import type { CrewData } from '../definition.ts';
import type { Problem } from '../errors.ts';
import { filePath } from '../internal/lazy.ts';
import type { TaskData } from '../task-shape.ts';

/** Tasks that write the same file. Left alone: what a template makes of a path, known only in the run, and tasks that both
 *  have a `when`, since of two branches just one may be taken. */
export function checkOutputFiles(crew: CrewData): Problem[] {
  const problems: Problem[] = [];
  const writers = new Map<string, TaskData>();
  for (const task of crew.tasks) {
    const { name, outputFile } = task;
    if (outputFile === undefined || outputFile.includes('{{')) continue;
    const path = filePath().normalize(outputFile);
    const first = writers.get(path);
    if (first === undefined) writers.set(path, task);
    else if (first.when === undefined || task.when === undefined) {
      const message = `outputFile: task "${first.name}" writes ${path} too, and the last would overwrite the first; give one of them another file.`;
      problems.push({ code: 'OPTION_INVALID', place: `task "${name}"`, message });
    }
  }
  return problems;
}
