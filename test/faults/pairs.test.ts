import { expect, test } from 'vitest';
import { FAULTS } from './catalogue.ts';
import { brokenPromises, endOf, endsOf } from './ending.ts';
import type { Fault } from './fault.ts';
import { type Ended, live, type Place, World } from './world.ts';

const isFatal = ({ ends }: Fault) => !endsOf(ends).includes('done');

/** False when the task that a fault needs was never worked: then it has not happened. */
function happened(needs: Place | undefined, { result }: Ended): boolean {
  return needs === undefined || (result?.tasks[needs]?.attempts ?? 1) > 0;
}

/** What is wrong with the end of a run that two faults were put into; nothing when it ended as one of them has to. */
async function mistakesOf(one: Fault, other: Fault): Promise<string[]> {
  const world = new World();
  const needs = [one, other].map((fault) => {
    world.needs = undefined;
    fault.inject(world);
    return world.needs;
  });
  const ended = await live(world);
  const is = endOf(ended);
  const fatal = [one, other].filter((fault, at) => isFatal(fault) && happened(needs[at], ended));
  const inCompany = [one, other].flatMap((fault) => (fault.inCompany ?? []).map((code) => `failed ${code}`));
  const allowed = fatal.length === 0 ? ['done'] : [...fatal.flatMap(({ ends }) => endsOf(ends)), ...inCompany];
  const wrong = allowed.includes(is) ? [] : [`is ${is} instead of ${allowed.join(' or ')}`];
  return [...wrong, ...brokenPromises(ended)].map((mistake) => `with ${other.id} (${other.title}): ${mistake}`);
}

test.each(FAULTS.map((fault, at) => [fault.id, fault.title, at] as const))(
  '%s (%s) together with any other ends as one of the two has to',
  async (_, __, at) => {
    const [one, ...others] = FAULTS.slice(at);
    const mistakes: string[] = [];
    if (one !== undefined) for (const other of [one, ...others]) mistakes.push(...(await mistakesOf(one, other)));
    expect(mistakes).toEqual([]);
  },
);
