import { test } from 'vitest';
import { CrewError } from '../../src/errors.ts';
import { AnswerProblem, ProviderFailure } from '../../src/models/openai-failure.ts';
import { INPUTS } from '../sizes.ts';
import { typed } from './fuzz.ts';
import { OFFLINE_PUMPS, OFFLINE_READERS, PUMPS, READERS } from './growth-readers.ts';

const ours = (error: unknown) =>
  error instanceof CrewError || error instanceof AnswerProblem || error instanceof ProviderFailure;
const pumped = (pump: string, length: number) => pump.repeat(Math.ceil(length / pump.length)).slice(0, length);
const MEGABYTE = 2 ** 20;
/** How the time grows with the text is measured by test/bench/growth.mjs; this is for what they do with it. */
const LONG = INPUTS >= 10_000 ? MEGABYTE : MEGABYTE / 4;

test.each(Object.entries(READERS))('a long text of anything that repeats is read to its end: %s', (_, read) => {
  for (const pump of PUMPS) typed(() => read(pumped(pump, LONG)), ours);
});

test.each(Object.entries(OFFLINE_READERS))('so is one that the offline model reads: %s', (_, read) => {
  for (const pump of OFFLINE_PUMPS) typed(() => read(pumped(pump, LONG / 4)), ours);
});
