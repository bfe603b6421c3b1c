import { createJiti } from 'jiti';

/** The readers and what is read to them: the same as in test/fuzz, which is TypeScript and reads the source. */
export const { OFFLINE_PUMPS, OFFLINE_READERS, PUMPS, READERS } = await createJiti(import.meta.url).import(
  '../fuzz/growth-readers.ts',
);
