import type { CrewData } from '../definition.ts';
import type { Problem } from '../errors.ts';
import { filePath } from '../internal/lazy.ts';

/** Tasks that write the same file. What a template makes of a path is known only in the run, so those are left alone. */
export function checkOutputFiles(crew: CrewData): Problem[] {
  const problems: Problem[] = [];
  const writers = new Map<string, string>();
  for (const { name, outputFile } of crew.tasks) {
    if (outputFile === undefined || outputFile.includes('{{')) continue;
    const path = filePath().normalize(outputFile);
    const first = writers.get(path);
    if (first === undefined) writers.set(path, name);
    else {
      const message = `outputFile: task "${first}" writes ${path} too, and the last would overwrite the first; give one of them another file.`;
      problems.push({ code: 'OPTION_INVALID', place: `task "${name}"`, message });
    }
  }
  return problems;
}
