/**
 * A bare scheduler over declared tasks, what one would write by hand for speed: names to ids, counters, adjacency, each
 * task started when its last dependency ends, results by name. No checks, no events, no limits, no failure handling.
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
  const outputs = new Array(tasks.length);
  let left = tasks.length;
  await new Promise((resolve, reject) => {
    const start = async (id) => {
      const task = tasks[id];
      const context = {};
      for (const name of task.context) context[name] = outputs[ids.get(name)];
      outputs[id] = await task.execute({ context });
      left -= 1;
      if (left === 0) resolve();
      for (const next of dependants[id]) {
        waiting[next] -= 1;
        if (waiting[next] === 0) start(next).catch(reject);
      }
    };
    for (let id = 0; id < tasks.length; id += 1) if (waiting[id] === 0) start(id).catch(reject);
  });
  const results = {};
  tasks.forEach((task, id) => {
    results[task.name] = { name: task.name, status: 'done', output: outputs[id] };
  });
  return results;
}
