import { afterAll } from 'vitest';
import { removeTemporaryFolders } from './temporary-folders.ts';

// Runs for every test file, which shares its process with others.
afterAll(removeTemporaryFolders);
