import type { RunRecord } from '../records.ts';
import { briefOf } from '../run-summary.ts';
import type { Content } from './chain.ts';

/** A record as a row has it. @throws what `JSON.stringify` throws. */
export function contentOf({ kind, key, name, value }: RunRecord): Content {
  const content = { kind, key, name, text: JSON.stringify(value) };
  return kind === 'task' ? { ...content, brief: briefOf(value) } : content;
}
