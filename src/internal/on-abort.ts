/** Who waits for one signal, and the one listener that tells them. */
interface Waiting {
  readonly all: Set<() => void>;
  readonly tell: () => void;
}

const waiting = new WeakMap<AbortSignal, Waiting>();

/**
 * Calls `fn` when the signal aborts; the function returned takes that back. However many wait for one signal, it has
 * one listener: Node warns of a leak at eleven, and a run's signal is shared by all that is under way. Once nobody waits
 * any more it has none, so that a signal that outlives its runs carries nothing of them.
 */
export function onAbort(signal: AbortSignal, fn: () => void): () => void {
  const { all, tell } = waiting.get(signal) ?? listen(signal);
  all.add(fn);
  return () => {
    if (!all.delete(fn) || all.size > 0) return;
    signal.removeEventListener('abort', tell);
    waiting.delete(signal);
  };
}

function listen(signal: AbortSignal): Waiting {
  const all = new Set<() => void>();
  const tell = () => all.forEach((each) => void each());
  const made = { all, tell };
  waiting.set(signal, made);
  signal.addEventListener('abort', tell, { once: true });
  return made;
}
