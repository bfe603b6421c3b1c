const listening = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * Calls `fn` when the signal aborts; the function returned takes that back. However many wait for one signal, it has
 * one listener: Node warns of a leak at eleven, and a run's signal is shared by all that is under way.
 */
export function onAbort(signal: AbortSignal, fn: () => void): () => void {
  let all = listening.get(signal);
  if (all === undefined) {
    const fresh = new Set<() => void>();
    listening.set(signal, fresh);
    signal.addEventListener('abort', () => fresh.forEach((each) => void each()), { once: true });
    all = fresh;
  }
  all.add(fn);
  return () => all.delete(fn);
}
