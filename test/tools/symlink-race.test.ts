import { lstat, readdir, readFile, rename, rm, symlink, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openInside } from '../../src/tools/workspace.ts';
import { writeInside } from '../../src/tools/write-inside.ts';
import { folderWith } from './workspaces.ts';

const ROUNDS = 300;

test('swapping a folder for a link while files are read and written leads nobody out', async () => {
  const root = await folderWith({ 'outside/f.txt': 'SECRET', 'ws/d/f.txt': 'inside' });
  const folder = join(root, 'ws');
  const [place, aside] = [join(folder, 'd'), join(folder, 'd-aside')];
  let swapping = true;
  let swaps = 0;
  const swap = async (): Promise<void> => {
    while (swapping) {
      await rename(place, aside);
      // In the gap the writer may have made the folder anew; then the swap makes way for the next one.
      const linked = await symlink(join(root, 'outside'), place).then(
        () => true,
        () => false,
      );
      if (linked) swaps += 1;
      for (let back = false; !back; ) {
        // The writer may put a file into it meanwhile: once more, then.
        await rm(place, { recursive: true, force: true }).catch(() => undefined);
        back = await rename(aside, place).then(
          () => true,
          () => false,
        );
      }
    }
  };
  const swapped = swap();
  const seen = new Map<string, number>();
  for (let round = 0; round < ROUNDS; round += 1) {
    const tries = [
      openInside({ folder }, 'd/f.txt').then(async (handle) => {
        const text = await handle.readFile('utf8');
        await handle.close();
        return text;
      }),
      writeInside({ folder, overwrite: true }, `d/w${round}.txt`, 'inside').then(() => 'wrote'),
    ];
    for (const one of await Promise.allSettled(tries)) {
      const said = one.status === 'fulfilled' ? one.value : 'refused';
      seen.set(said, (seen.get(said) ?? 0) + 1);
    }
  }
  swapping = false;
  await swapped;
  expect(swaps).toBeGreaterThan(ROUNDS / 10);
  expect([...seen.keys()].sort()).not.toContain('SECRET');
  expect(await readdir(join(root, 'outside'))).toEqual(['f.txt']);
  expect(await readFile(join(root, 'outside', 'f.txt'), 'utf8')).toBe('SECRET');
});

test('swapping a file for a link while it is read shows nothing from outside', async () => {
  const root = await folderWith({ 'outside/f.txt': 'SECRET', 'ws/f.txt': 'inside' });
  const folder = join(root, 'ws');
  let swapping = true;
  const swap = async (): Promise<void> => {
    while (swapping) {
      await rename(join(folder, 'f.txt'), join(folder, 'aside'));
      await symlink(join(root, 'outside', 'f.txt'), join(folder, 'f.txt'));
      await unlink(join(folder, 'f.txt'));
      await rename(join(folder, 'aside'), join(folder, 'f.txt'));
      // Now and then the file stays for a moment, so that some reads get through.
      for (let look = 0; look < 20; look += 1) await lstat(join(folder, 'f.txt'));
    }
  };
  const swapped = swap();
  let read = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const handle = await openInside({ folder }, 'f.txt').catch(() => undefined);
    if (handle === undefined) continue;
    expect(await handle.readFile('utf8')).toBe('inside');
    await handle.close();
    read += 1;
  }
  swapping = false;
  await swapped;
  expect(read).toBeGreaterThan(0);
});
