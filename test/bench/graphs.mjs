/** Shapes of task graphs, as lists of dependency ids: the same for every contender. */

/** A generator of numbers in [0, 1) that gives the same sequence for the same seed (mulberry32). */
export function seeded(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** `n` independent tasks. */
export const wide = (n) => Array.from({ length: n }, () => []);

/** Each task needs the one before it. */
export const chain = (n) => Array.from({ length: n }, (_, id) => (id === 0 ? [] : [id - 1]));

/** Layers of `width`; each task needs two of the layer before it. */
export function layered(n, width = 100) {
  return Array.from({ length: n }, (_, id) => {
    const layer = Math.floor(id / width);
    if (layer === 0) return [];
    const above = (layer - 1) * width;
    return [above + (id % width), above + ((id * 7 + 3) % width)].filter((x, i, all) => all.indexOf(x) === i);
  });
}

export const SHAPES = { wide, layered, chain };
