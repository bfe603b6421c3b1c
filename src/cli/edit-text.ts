import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Lets somebody edit a text with their editor, on the terminal that this process has: what they left; undefined when the
 * editor could not be started or said that it failed. The text lies in a file that only they can read, and is gone afterwards.
 */
export async function editText(
  text: string,
  { editor, kind }: { readonly editor: string; readonly kind: 'txt' | 'json' },
): Promise<string | undefined> {
  const folder = mkdtempSync(join(tmpdir(), 'crewline-'));
  const file = join(folder, `output.${kind}`);
  try {
    writeFileSync(file, text, { mode: 0o600 });
    // As git does it: an editor may have options of its own.
    const child = spawn(`${editor} "${file}"`, { stdio: 'inherit', shell: true });
    const code = await new Promise((resolve) => {
      child.once('error', () => resolve(undefined));
      child.once('exit', resolve);
    });
    if (code !== 0) return undefined;
    const after = readFileSync(file, 'utf8');
    // Editors end the last line.
    return text.endsWith('\n') || !after.endsWith('\n') ? after : after.slice(0, -1);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
