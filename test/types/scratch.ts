import { z } from 'zod';
import { Agent } from '../../src/agent.ts';
import { Task, optional } from '../../src/task.ts';
import { tool } from '../../src/tool.ts';
import type { CheckedTasks } from '../../src/types.ts';
import type { CrewResult } from '../../src/result.ts';

const a = new Agent({ role: 'Research analyst', goal: 'g', backstory: 'b' });
const nm: 'Research analyst' = a.name;
const b = new Agent({ role: 'R', name: 'bob', goal: 'g', backstory: 'b' });
const nb: 'bob' = b.name;
const t1 = new Task({ name: 'one', description: 'd', expectedOutput: 'e', agent: a, output: z.object({ n: z.number() }) });
const t2 = new Task({ name: 'two', execute: async ({ context }) => context.one.n + 1, context: [t1], when: ({ context }) => context.one.n > 2 });
const t3 = new Task({ name: 'three', description: 'd', expectedOutput: 'e', agent: b, context: [optional(t2), t1, 'one'], guardrails: [(r, { context }) => r.length > 2 && context.two !== null ? true : { reject: 'x' }, 'nice'] });
const t4 = new Task({ name: 'four', description: 'd', expectedOutput: 'e', agent: b, context: [t2] });
declare function crew<const T extends readonly import('../../src/task.ts').Task[], const A extends readonly Agent[] = readonly []>(o: { tasks: T & CheckedTasks<T, A[number]['name']>, agents: A }): CrewResult<T, {}, false>;
const r = crew({ tasks: [t1, t2, t3, t4], agents: [a, b] });
const x: number = r.tasks.one.output.n;
const y: number | null = r.tasks.two.output;
// @ts-expect-error
const y2: number = r.tasks.two.output;
const z3: string = r.tasks.three.output;
// @ts-expect-error
const z4: string = r.tasks.four.output;
const o: string | null = r.output;
// @ts-expect-error
r.tasks.thre;
// @ts-expect-error
crew({ tasks: [t1, t3], agents: [a, b] });
// @ts-expect-error
crew({ tasks: [t1], agents: [b] });
const tl = tool({ name: 'x', description: 'd', input: z.object({ q: z.string() }), execute: ({ q }) => q.length });
const tl2 = tool({ name: 'x', description: 'd', input: { type: 'object', properties: {} }, execute: (v) => v['q'] });
console.log(nm, nb, x, y, y2, z3, z4, o, tl, tl2);
