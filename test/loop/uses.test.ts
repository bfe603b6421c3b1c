import fc from 'fast-check';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { tool } from '../../src/tool.ts';
import { CREWS } from '../sizes.ts';
import { lastAsked, work } from './work.ts';

/** A call, by what its check comes to and after how many microtasks. */
const call = fc.record({ good: fc.boolean(), ticks: fc.nat({ max: 5 }) });
const turns = fc.array(fc.array(call, { minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 3 });

test('of the calls with right arguments the first maxUses are made, however long each check takes, and no other', async () => {
  await fc.assert(
    fc.asyncProperty(turns, fc.integer({ min: 1, max: 4 }), async (asked, maxUses) => {
      // Each turn has one right call of its own kind, so that no number of wrong ones ends the task.
      const ran: number[] = [];
      const input = z
        .object({ at: z.number(), ticks: z.number(), good: z.boolean() })
        .superRefine(async (given, ctx) => {
          for (let tick = 0; tick < given.ticks; tick += 1) await null;
          if (!given.good) ctx.addIssue({ code: 'custom', message: 'wrong' });
        });
      const made = {
        name: 'act',
        description: 'Acts.',
        maxUses,
        input,
        execute: ({ at }: { at: number }) => {
          ran.push(at);
          return `did ${at}`;
        },
      };
      const noop = tool({ name: 'noop', description: 'Nothing.', input: z.object({}), execute: () => 'x' });
      let at = 0;
      const right: number[] = [];
      const said = asked.map((calls) => ({
        toolCalls: [
          ...calls.map(({ good, ticks }) => {
            at += 1;
            if (good) right.push(at);
            return { name: 'act', arguments: { at, ticks, good } };
          }),
          { name: 'noop', arguments: {} },
        ],
      }));
      const { answer, model } = work([...said, 'ok'], { tools: [tool(made), noop] });
      await answer;
      expect(ran.toSorted((a, b) => a - b)).toEqual(right.slice(0, maxUses));
      const told = lastAsked(model).filter((message) => message.role === 'tool' && message.name === 'act');
      expect(told.filter(({ content }) => content.startsWith('did'))).toHaveLength(ran.length);
    }),
    { numRuns: CREWS },
  );
});
