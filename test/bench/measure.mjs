import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const here = (file) => fileURLToPath(new URL(file, import.meta.url));

/** Runs a script in a process of its own and parses the JSON it prints last. */
export async function measured(file, args, nodeArgs = []) {
  const child = spawn(process.execPath, [...nodeArgs, here(file), ...args.map(String)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.on('data', (data) => {
    text += data;
  });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`${file} ${args.join(' ')} ended with ${code}`);
  return JSON.parse(text.trim().split('\n').at(-1));
}

/** The model server in a process of its own; `work` gets its URL and how many requests it has had. */
export async function withServer(delayMs, work) {
  const server = fork(here('server.mjs'), [String(delayMs)]);
  const [{ url }] = await once(server, 'message');
  const count = async () => {
    server.send('count');
    const [{ requests }] = await once(server, 'message');
    return requests;
  };
  try {
    return await work(url, count);
  } finally {
    server.disconnect();
  }
}

export function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

const failures = [];

/** Prints a figure beside its bound; `npm run bench` fails at its end when one is over. */
export function report(name, value, { unit = '', bound }) {
  const over = bound !== undefined && value > bound;
  if (over) failures.push(name);
  const shown = `${value.toFixed(value < 10 ? 2 : 1)}${unit}`;
  const against = bound === undefined ? '' : `   (≤ ${bound}${unit})${over ? '   OVER' : ''}`;
  console.log(`  ${name.padEnd(64)} ${shown.padStart(10)}${against}`);
}

/** Names of the figures that were over their bounds. */
export const overBound = () => failures;
