/**
 * A bare scheduler over declared tasks, what one would write by hand for speed: names to ids, counters, adjacency, each
 * task started when its last dependency ends; results by name with status, error and duration. No checks of the graph,
 * no events, no limits, no cancellation, no usage.
 */
export async function reference(tasks) {
  const ids = new Map();
  tasks.forEach((task, id) => {
    ids.set(task.name, id);
  });
  const waiting = new Int32Array(tasks.length);
  const dependants = tasks.map(() => []);
  tasks.forEach((task, id) => {
    for (const name of task.context) {
      dependants[ids.get(name)].push(id);
      waiting[id] += 1;
    }
  });
  const results = {};
  let left = tasks.length;
  await new Promise((resolve) => {
    const start = async (id) => {
      const task = tasks[id];
      const context = {};
      for (const name of task.context) context[name] = results[name].output;
      const startedAt = performance.now();
      let outcome;
      try {
        const output = await task.execute({ context });
        outcome = { name: task.name, status: 'done', output, error: null, durationMs: performance.now() - startedAt };
      } catch (error) {
        outcome = { name: task.name, status: 'failed', output: null, error, durationMs: performance.now() - startedAt };
      }
      results[task.name] = outcome;
      left -= 1;
      if (left === 0) resolve();
      for (const next of dependants[id]) {
        waiting[next] -= 1;
        if (waiting[next] === 0) void start(next);
      }
    };
    for (let id = 0; id < tasks.length; id += 1) if (waiting[id] === 0) void start(id);
  });
  return results;
}
