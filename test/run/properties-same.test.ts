import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CREWS } from '../sizes.ts';
import { mustBe } from './must.ts';
import { benchOf, type Shape, shapes } from './random-crew.ts';

/** Works a crew to its end, whatever becomes of it. */
async function settled(shape: Shape) {
  const bench = benchOf(shape);
  const result = await bench.clock.until(bench.crew.kickoff({ inputs: { topic: 'otters' }, settle: true }));
  return { ...bench, result };
}

test('results are the same whatever the limit, and a limit of 1 works one task after another', async () => {
  await fc.assert(
    fc.asyncProperty(shapes({ optional: true, when: true }), async (shape) => {
      const free = await settled({ ...shape, limit: undefined });
      const limited = await settled(shape);
      const single = await settled({ ...shape, limit: 1 });
      const facts = ({ result }: typeof free) =>
        Object.values(result.tasks).map(({ name, status, raw, output }) => ({ name, status, raw, output }));
      expect(facts(limited)).toEqual(facts(free));
      expect(facts(single)).toEqual(facts(free));
      expect([limited.result.output, single.result.raw]).toEqual([free.result.output, free.result.raw]);
      for (const [at, { start, together }] of single.works.entries()) {
        mustBe(together, 1, `work ${at + 1}`);
        mustBe(start, at === 0 ? 0 : single.works[at - 1]?.end, `work ${at + 1}`);
      }
    }),
    { numRuns: CREWS },
  );
});

test('two kickoffs of one crew at once do not mix', async () => {
  await fc.assert(
    fc.asyncProperty(shapes({ optional: true, when: true }), fc.nat(30), async (shape, delay) => {
      const { clock, crew } = benchOf(shape);
      const kickoff = (topic: string) => crew.kickoff({ inputs: { topic }, settle: true });
      const second = async () => {
        await clock.sleep(delay);
        return kickoff('second');
      };
      const together = await clock.until(Promise.all([kickoff('first'), second()]));
      expect(together[0].runId).not.toBe(together[1].runId);
      for (const [at, topic] of ['first', 'second'].entries()) {
        const alone = benchOf(shape);
        const expected = await alone.clock.until(alone.crew.kickoff({ inputs: { topic }, settle: true }));
        expect(together[at]?.tasks).toEqual(expected.tasks);
        expect(together[at]?.usage).toEqual(expected.usage);
        expect(together[at]?.inputs).toEqual({ topic });
      }
    }),
    { numRuns: CREWS },
  );
});
