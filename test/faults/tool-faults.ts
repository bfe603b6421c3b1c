import type { Fault } from './fault.ts';
import type { World } from './world.ts';

/** Never ends, whatever happens. */
const never = () => new Promise<never>(() => undefined);

function tool(world: World, ...works: ((signal: AbortSignal) => unknown)[]): void {
  world.needs = 'research';
  world.toolCalls.push(...works);
}

function guard(world: World, guardrail: World['guardrails'][number]): void {
  world.needs = 'report';
  world.guardrails.push(guardrail);
}

const explodes = () => {
  throw new Error('the lake is closed');
};

/** F17, F18, F22, F43, F49: what a user's own functions do while a task is worked. */
export const TOOL_FAULTS: readonly Fault[] = [
  {
    id: 'F17',
    title: 'of three calls in one turn, one throws and one hangs',
    inject: (world) => tool(world, () => 'Two otters.', explodes, never),
    ends: { as: 'shown', words: /lake is closed/ },
  },
  {
    id: 'F18',
    title: 'a tool that never ends and ignores its signal',
    inject: (world) => tool(world, never),
    ends: { as: 'shown', words: /60|took|time|answer/i },
  },
  {
    id: 'F18',
    title: 'a tool that answers long after its time is over',
    inject: (world) => tool(world, () => world.sleepOn(90_000).then(() => 'Late otters.')),
    ends: { as: 'shown', words: /60|took|time|answer/i },
  },
  {
    id: 'F22',
    title: 'a guardrail that rejects, once',
    inject: (world) => {
      let rejected = false;
      guard(world, () => {
        if (rejected) return true;
        rejected = true;
        return { reject: 'it is too short' };
      });
    },
    ends: { as: 'shown', words: /too short/ },
  },
  {
    id: 'F22',
    title: 'a guardrail that always rejects',
    inject: (world) => guard(world, () => ({ reject: 'it is too long' })),
    ends: { as: 'failed', code: 'GUARDRAIL_REJECTED' },
  },
  {
    id: 'F22',
    title: 'a guardrail that always throws',
    inject: (world) =>
      guard(world, () => {
        throw new Error('no opinion');
      }),
    ends: { as: 'failed', code: 'GUARDRAIL_REJECTED' },
  },
  {
    id: 'F22',
    title: 'a guardrail that never ends',
    inject: (world) => guard(world, never),
    ends: { as: 'failed', code: 'GUARDRAIL_REJECTED' },
  },
  {
    id: 'F43',
    title: 'a tool that returns what JSON cannot hold',
    inject: (world) =>
      tool(
        world,
        () => ({ count: 1n }),
        () => new Map([['a', 1]]),
        () => Number.NaN,
      ),
    ends: { as: 'shown', words: /JSON cannot hold/ },
  },
  {
    id: 'F42',
    title: 'a tool that returns what is nested too deep',
    inject: (world) =>
      tool(world, () => {
        let deep: unknown = 1;
        for (let level = 0; level < 1_000; level += 1) deep = [deep];
        return deep;
      }),
    ends: { as: 'shown', words: /deeper/ },
  },
  {
    id: 'F46',
    title: 'a tool that throws what is no error',
    inject: (world) =>
      tool(world, () => {
        throw undefined;
      }),
    ends: { as: 'shown', words: /look/ },
  },
  {
    id: 'F49',
    title: 'a service that answers 500, and then with six megabytes',
    inject: (world) =>
      tool(
        world,
        () => Promise.reject(new Error('the search answered 500')),
        () => 'otter '.repeat(1_000_000),
      ),
    ends: { as: 'shown', words: /answered 500/ },
  },
];
