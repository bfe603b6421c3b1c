import { z } from 'zod';
import { CrewError } from '../errors.ts';
import { checkOptions, having, type Rules, refuse } from '../internal/checks.ts';
import { didYouMean } from '../internal/suggest.ts';
import { shippedTool, type Tool } from '../tool.ts';

/** What stands under one key. */
export interface SharedEntry {
  readonly value: string;
  /** Counts the writes of this key, from 1. */
  readonly version: number;
  /** The task that wrote it. */
  readonly by: string;
  /** The key of the call that wrote it. */
  readonly call: string;
}

/** A write that holds only while nobody else has written. */
export interface SharedWrite {
  readonly value: string;
  /** The version that it was made for; 0: there was nothing. */
  readonly version: number;
  readonly by: string;
  readonly call: string;
}

/**
 * Where values live that several tasks, runs or machines share. Whatever can compare and set in one step can be one: a row
 * of a database, a key of Redis.
 */
export interface SharedStore {
  read(key: string): Promise<SharedEntry | undefined>;
  /**
   * Writes when the version that stands is the one that the write was made for. Answers with what stands afterwards: the
   * write, or what somebody else wrote first. A write that is repeated, because nobody knows whether it came through, is
   * known by its `call`: nothing is written again, and the answer is the entry that it was, also where others have written since.
   * For how many writes of a key that is known is the store's to say.
   */
  compareAndSet(key: string, write: SharedWrite): Promise<SharedEntry>;
  keys(): Promise<readonly string[]>;
}

/** What `sharedState` can be told. */
export interface SharedStateOptions {
  /** @default one in this process, of its own */
  readonly store?: SharedStore;
}

/** Longer values belong into a file. In UTF-16 units. */
const LONGEST_VALUE = 65_536;
const RULES: Rules = { store: having('a store with read, compareAndSet and keys', 'read', 'compareAndSet', 'keys') };
const key = z.string().min(1).max(200).describe('Name of the value, such as "budget".');

/**
 * Two tools over values that all who have them share. `shared_read` tells a value with its version, `shared_write` writes one
 * for the version that was read: who comes second is told who was first and what stands now, so that no update is lost
 * and none is made on what is no more. A write that is repeated, after a crash, is written once, and told that it was, as long as
 * the store knows of it: `memoryStore` knows the last 100 writes of each key.
 * @throws {DefinitionError} naming every option that is wrong.
 */
export function sharedState(options: SharedStateOptions = {}): readonly [read: Tool, write: Tool] {
  refuse(checkOptions('sharedState', options, RULES, []), 'sharedState');
  const { store = memoryStore() } = options;
  return [readTool(store), writeTool(store)];
}

function readTool(store: SharedStore): Tool {
  return shippedTool({
    name: 'shared_read',
    description:
      'Reads a value that others may read and write too, with its version. Without a name: the names that there are.',
    input: z.object({ key: key.optional() }),
    effect: 'read',
    async execute({ key: wanted }) {
      if (wanted === undefined) return { keys: [...(await store.keys())] };
      const entry = await store.read(wanted);
      if (entry !== undefined) return shown(entry);
      return { version: 0, note: `Nothing is there yet.${didYouMean(wanted, [...(await store.keys())])}` };
    },
  });
}

function writeTool(store: SharedStore): Tool {
  return shippedTool({
    name: 'shared_write',
    description:
      'Writes a value that others may read and write too. Give the version that shared_read told you, 0 for one that is not there yet. If somebody else has written meanwhile, nothing is written and you are told what stands now: work that in, and write again.',
    input: z.object({ key, value: z.string().max(LONGEST_VALUE), version: z.number().int().min(0) }),
    effect: 'idempotent',
    async execute({ key: wanted, value, version }, { key: call, taskName: by }) {
      const entry = await store.compareAndSet(wanted, { value, version, by, call });
      if (entry.call === call) return { written: true, version: entry.version };
      if (entry.version === 0) throw new CrewError('TOOL_FAILED', `"${wanted}" is not there: write it with version 0.`);
      return { written: false, because: `Task "${entry.by}" wrote version ${entry.version} first.`, ...shown(entry) };
    },
  });
}

function shown({ value, version, by }: SharedEntry) {
  return { value, version, by };
}

/** How many writes of a key are known again when they are repeated. */
const KNOWN_WRITES = 100;

/** Values in this process, gone with it. The last 100 writes of each key are known again when they are repeated. */
export function memoryStore(): SharedStore {
  const entries = new Map<string, SharedEntry>();
  /** By key, then by call, the oldest first. */
  const writes = new Map<string, Map<string, SharedEntry>>();
  return {
    read: async (wanted) => entries.get(wanted),
    keys: async () => [...entries.keys()].sort(),
    compareAndSet: async (wanted, { value, version, by, call }) => {
      const known = writes.get(wanted) ?? new Map<string, SharedEntry>();
      const before = known.get(call);
      if (before !== undefined) return before;
      const stands = entries.get(wanted);
      if ((stands?.version ?? 0) !== version) return stands ?? { value: '', version: 0, by: '', call: '' };
      const written = Object.freeze({ value, version: version + 1, by, call });
      entries.set(wanted, written);
      writes.set(wanted, known.set(call, written));
      const [oldest] = known.keys();
      if (known.size > KNOWN_WRITES && oldest !== undefined) known.delete(oldest);
      return written;
    },
  };
}
