import { test } from 'vitest';
import { regressions, simulateAll, simulateShare } from './shard.ts';

simulateShare(0, 2);

test('every promise holds in the runs that once broke one', async () => {
  await simulateAll(regressions);
});
