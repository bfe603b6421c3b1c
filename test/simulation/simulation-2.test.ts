import { simulateShare } from './shard.ts';

simulateShare(1, 2);
