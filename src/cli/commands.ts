import type { Command } from './command.ts';

/** Loaded on demand, so that each command starts as fast as it can. */
export const COMMANDS: ReadonlyMap<string, () => Promise<Command>> = new Map([
  ['run', async () => (await import('./run.ts')).run],
  ['resume', async () => (await import('./resume.ts')).resume],
  ['replay', async () => (await import('./replay.ts')).replay],
  ['answer', async () => (await import('./answer.ts')).answer],
  ['reviews', async () => (await import('./reviews.ts')).reviews],
  ['runs', async () => (await import('./runs.ts')).runs],
  ['runs show', async () => (await import('./runs-show.ts')).runsShow],
  ['runs salvage', async () => (await import('./runs-salvage.ts')).runsSalvage],
  ['runs prune', async () => (await import('./runs-prune.ts')).runsPrune],
  ['worker', async () => (await import('./worker.ts')).worker],
  ['plan', async () => (await import('./plan.ts')).plan],
  ['prompts', async () => (await import('./prompts.ts')).prompts],
]);

/** A command's name is a word, or two. */
export function commandIn(words: readonly string[]): {
  readonly name: string | undefined;
  readonly rest: readonly string[];
} {
  const two = words.slice(0, 2).join(' ');
  return COMMANDS.has(two) ? { name: two, rest: words.slice(2) } : { name: words[0], rest: words.slice(1) };
}
