import { existsSync, statSync } from 'node:fs';
import { z } from 'zod';

const isFolder = (path: string) => existsSync(path) && statSync(path).isDirectory();

/** An input that names a folder which is there: a misspelt one is refused before any model is called. */
export const folder = z
  .string()
  .refine(isFolder, { error: ({ input }) => `there is no folder "${input}" below ${process.cwd()}` });
