import { shownEngine } from './engine-choice.ts';

/** A command as one would type it, with the engine that it needs. What has to be filled in is written `<so>`. */
export function shownCommand(words: readonly string[], engine?: string): string {
  return typed(['crewline', ...words, ...(engine === undefined ? [] : ['--engine', shownEngine(engine)])]);
}

/** Words of a command as one would type them. */
export function typed(words: readonly string[]): string {
  return words.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)).join(' ');
}
