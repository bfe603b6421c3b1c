import { Crew, inMemory, type Review, type ReviewAnswer, type Run, Task, type TaskOptions } from 'crewline';
import { fakeClock, type Script, scriptedModel } from 'crewline/testing';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { agent, failure } from '../serve.ts';
import '../warm-up.ts';

const asked = { description: 'Write.', expectedOutput: 'A line.' } as const;

/** One reviewed task by an agent, in memory on a clock that stands still; what the agent says comes from `script`. */
function desk(script: Script, options: object = {}, crewOptions: object = {}) {
  const clock = fakeClock({ patienceMs: 5 });
  const model = scriptedModel(script);
  const writer = agent('Writer', { model });
  const write = new Task({ name: 'write', ...asked, agent: writer, humanReview: true, ...options });
  const engine = inMemory({ runtime: clock });
  const crew = new Crew({ name: 'desk', agents: [writer], tasks: [write], engine, ...crewOptions });
  return { clock, model, crew };
}

/** Gives these answers, one after another. */
function saying(...answers: readonly ReviewAnswer[]): { readonly review: Review; readonly seen: unknown[] } {
  const seen: unknown[] = [];
  const review: Review = ({ signal: _, runId: __, ...request }) => {
    seen.push(request);
    return answers[seen.length - 1] ?? { approve: true };
  };
  return { review, seen };
}

test('an output that is approved stands, and who looks sees whose it is and what to look at', async () => {
  const { crew, clock } = desk(['A draft.'], { humanReview: { question: 'Is it true?' } });
  const { review, seen } = saying({ approve: true });
  const result = await clock.until(crew.kickoff({ review }));
  expect(result.output).toBe('A draft.');
  expect(seen).toEqual([
    {
      id: 'write/review.1',
      taskName: 'write',
      agent: 'Writer',
      question: 'Is it true?',
      output: 'A draft.',
      raw: 'A draft.',
      problem: undefined,
    },
  ]);
});

test('what is sent back goes on in the same conversation, through the guardrails, and is looked at again', async () => {
  const { crew, clock, model } = desk(['Short.', 'Still short.', 'A longer line.'], {
    guardrails: [(text: string) => text !== 'Still short.' || { reject: 'too short' }],
  });
  const { review, seen } = saying({ sendBack: 'Say more, {{please}}.' });
  const result = await clock.until(crew.kickoff({ review }));
  expect(result.output).toBe('A longer line.');
  expect(seen).toMatchObject([{ id: 'write/review.1' }, { id: 'write/review.2', output: 'A longer line.' }]);
  const last = model.calls.at(-1)?.request.messages ?? [];
  expect(last.map(({ role }) => role)).toEqual(['system', 'user', 'assistant', 'user', 'assistant', 'user']);
  expect(last[3]?.content).toContain('sent it back:\nSay more, {{please}}.');
});

test('an output that is sent back a fourth time fails its task with every reason, and is not tried again', async () => {
  const { crew, clock, model } = desk(['1', '2', '3', '4'], { retry: { attempts: 2 } });
  const error = await failure(clock.until(crew.kickoff({ review: ({ raw }) => ({ sendBack: `not ${raw}` }) })));
  expect(error).toMatchObject({ code: 'REVIEW_REJECTED', taskName: 'write', agent: 'Writer' });
  expect(error.message).toContain('\n- not 1\n- not 2\n- not 3\n- not 4');
  expect(model.calls).toHaveLength(4);
});

test('an edit becomes the output, as the schema makes it; one that does not fit is told to who gave it', async () => {
  const output = z.object({ title: z.string().trim(), score: z.number().default(3) });
  const { crew, clock } = desk(['{"title":"A","score":1}'], { output });
  const { review, seen } = saying({ edit: { title: 7 } }, { edit: { title: ' B ' } });
  const result = await clock.until(crew.kickoff({ review }));
  expect(result.output).toEqual({ title: 'B', score: 3 });
  expect(result.raw).toBe('{"title":"B","score":3}');
  expect(seen).toMatchObject([{ problem: undefined }, { problem: expect.stringContaining('title') }]);
});

test('an edit is what the schema makes, not what it takes: where it transforms, the edit is the output as it is', async () => {
  const output = z.object({ n: z.string().transform(Number) });
  const edits = [{ n: 1 }, { n: 2 }];
  for (const edit of edits) {
    const { crew, clock } = desk(['{"n":"1"}'], { output });
    const { review, seen } = saying({ edit });
    expect((await clock.until(crew.kickoff({ review }))).output).toEqual(edit);
    expect(seen).toMatchObject([{ output: { n: 1 } }]);
  }
  const louder = desk(['"a"'], { output: z.string().transform((text) => `${text}!`) });
  const { review } = saying({ edit: 'b!' });
  expect((await louder.clock.until(louder.crew.kickoff({ review }))).output).toBe('b!');
});

test('run.answer continues a run: what is wrong is one clear error, and the review stays open until it is answered', async () => {
  const { crew, clock } = desk(['A draft.', 'Better.']);
  const run = crew.start();
  const untyped: Run = run;
  const said: string[] = [];
  run.on('review.requested', ({ callId }) => said.push(callId));
  run.on('review.answered', (event) => event.kind === 'output' && said.push(event.answer));
  await clock.advance(1_000);
  expect(said).toEqual(['write/review.1']);
  expect(await crew.reviews(run.runId)).toMatchObject([{ id: 'write/review.1', kind: 'output', output: 'A draft.' }]);
  const codeOf = async (name: string, answer: unknown) => (await failure(untyped.answer(name, Object(answer)))).code;
  expect(await codeOf('wirte', { approve: true })).toBe('REVIEW_UNKNOWN');
  expect(await codeOf('write', { approve: false })).toBe('OPTION_INVALID');
  expect(await codeOf('write', { edit: 7 })).toBe('OUTPUT_INVALID');
  expect(await codeOf('write', { sendBack: ' ' })).toBe('OPTION_INVALID');
  await run.answer('write', { sendBack: 'Again.' });
  await run.answer('write/review.1', { sendBack: 'Again.' });
  expect(await codeOf('write/review.1', { approve: true })).toBe('REVIEW_ANSWERED');
  await clock.advance(1_000);
  await crew.answer(run.runId, 'write', { approve: true });
  expect((await clock.until(run.result)).output).toBe('Better.');
  expect(said).toEqual(['write/review.1', 'sendBack', 'write/review.2', 'approve']);
});

test('a listener may answer at once, and of two who answer the first counts', async () => {
  const { crew, clock } = desk(['A draft.']);
  let signal: AbortSignal | undefined;
  const run = crew.start({
    review: (request) => {
      signal = request.signal;
      return new Promise(() => {});
    },
  });
  run.on('review.requested', ({ callId }) => void run.answer(callId, { edit: 'Mine.' }));
  expect((await clock.until(run.result)).output).toBe('Mine.');
  expect(signal?.aborted ?? true).toBe(true);
});

test('only the task that waits does: it holds no place, and no time limit of it or of its agent runs', async () => {
  const clock = fakeClock({ patienceMs: 5 });
  const writer = agent('Writer', { model: scriptedModel(['A draft.', 'A letter.']), timeoutMs: 2_000 });
  const write = new Task({ name: 'write', ...asked, agent: writer, humanReview: true, timeoutMs: 1_000 });
  const other = new Task({ name: 'other', execute: () => clock.sleep(500).then(() => 'done') });
  const after = new Task({ name: 'after', execute: () => 'last', dependsOn: [other] });
  const crew = new Crew({
    name: 'desk',
    agents: [writer],
    tasks: [write, other, after],
    process: 'parallel',
    maxConcurrency: 1,
    engine: inMemory({ runtime: clock }),
  });
  const run = crew.start();
  const ended: string[] = [];
  run.on('task.end', ({ taskName }) => ended.push(taskName));
  await clock.advance(3_600_000);
  expect(ended).toEqual(['other', 'after']);
  await run.answer('write', { approve: true });
  const { tasks } = await clock.until(run.result);
  expect(tasks.write).toMatchObject({ status: 'done', output: 'A draft.' });
  // What a person took to answer is not the task's work.
  expect(tasks.write.durationMs).toBeLessThan(1_000);
});

test('after the answer the time that was left goes on: a task whose agent is slow afterwards fails of its limit', async () => {
  const clock = fakeClock({ patienceMs: 5 });
  const slow = () => clock.sleep(600).then(() => 'A draft.');
  const writer = agent('Writer', { model: scriptedModel([slow, slow]) });
  const write = new Task({ name: 'write', ...asked, agent: writer, humanReview: true, timeoutMs: 1_000 });
  const crew = new Crew({ name: 'desk', agents: [writer], tasks: [write], engine: inMemory({ runtime: clock }) });
  const run = crew.start();
  await clock.advance(50_000);
  await run.answer('write', { sendBack: 'Again.' });
  expect(await failure(clock.until(run.result))).toMatchObject({ code: 'TIMEOUT' });
  expect(clock.monotonic()).toBe(50_400);
});

test.each<[TaskOptions<string, [], [], never, never, never, never, never>['humanReview'], number, string]>([
  [{ timeoutMs: 5_000, onTimeout: 'approve' }, 5_000, 'done'],
  [{ timeoutMs: 5_000 }, 5_000, 'REVIEW_TIMEOUT'],
  // In memory nobody waits for ever.
  [true, 86_400_000, 'REVIEW_TIMEOUT'],
])('a review that nobody answers ends by itself: %j', async (humanReview, ms, end) => {
  const { crew, clock } = desk(['A draft.'], { humanReview });
  const result = await clock.until(crew.start({ settle: true }).result);
  expect(clock.monotonic()).toBe(ms);
  expect(result.error?.code ?? result.status).toBe(end);
});

test('where nobody could answer, a run is refused before anything is spent; one that approves by itself is not', async () => {
  const { crew, model } = desk([]);
  const error = await failure(crew.kickoff());
  expect(error.code).toBe('REVIEW_UNANSWERABLE');
  expect(error.message).toContain('"write"');
  expect((await failure(crew.start({ review: false }).result)).code).toBe('REVIEW_UNANSWERABLE');
  expect(model.calls).toEqual([]);
  const patient = desk(['A draft.'], { humanReview: { timeoutMs: 10, onTimeout: 'approve' } });
  expect((await patient.clock.until(patient.crew.kickoff())).output).toBe('A draft.');
});

test('execute is called again with why, each round with steps of its own, and its edit is taken as it is', async () => {
  const calls: unknown[] = [];
  const count = new Task({
    name: 'count',
    execute: async ({ feedback, step }) => {
      calls.push(feedback);
      return step('draw', async () => calls.length);
    },
    humanReview: true,
  });
  const crew = new Crew({ name: 'desk', tasks: [count] });
  const { review, seen } = saying({ sendBack: 'Higher.' }, { sendBack: 'Higher still.' }, { edit: 40 });
  expect((await crew.kickoff({ review })).output).toBe(40);
  expect(calls).toEqual([undefined, 'Higher.', 'Higher still.']);
  expect(seen).toMatchObject([{ output: 1, agent: null }, { output: 2 }, { output: 3 }]);
});

test('a review whose run is cancelled is waited for no more', async () => {
  const { crew, clock } = desk(['A draft.']);
  const run = crew.start();
  await clock.advance(1_000);
  run.cancel('enough');
  expect((await failure(clock.until(run.result))).code).toBe('CANCELLED');
  expect(clock.scheduled).toBe(0);
});

test.each<[string, Review, string]>([
  ['throws', () => Promise.reject(new Error('no eyes')), 'no eyes'],
  ['answers what is no answer', () => Object('yes'), '{ approve: true }, { edit: value } or { sendBack: reason }'],
])('a review callback that %s fails its task', async (_, review, says) => {
  const { crew, clock } = desk(['A draft.']);
  const error = await failure(clock.until(crew.kickoff({ review })));
  expect(error).toMatchObject({ code: 'TASK_FAILED', taskName: 'write' });
  expect(error.message).toContain(says);
});

test.each([
  [{ question: '' }, 'question must be a text that is not empty'],
  [{ timeoutMs: 0 }, 'timeoutMs must be a whole number'],
  [{ onTimeout: 'approve' }, 'onTimeout has no effect without timeoutMs'],
  [{ timeoutMS: 5 }, 'did you mean "timeoutMs"?'],
  [false, 'humanReview must be true'],
])('a review that is declared wrongly is refused: %j', (humanReview, says) => {
  expect(() => desk([], { humanReview })).toThrow(says);
});
