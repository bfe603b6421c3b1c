import { Crew, type CrewError, Task } from 'crewline';
import { expect, test } from 'vitest';
import { agent, meeting, serve, subjectOf } from '../serve.ts';

const asked = { expectedOutput: 'A line.' } as const;

test('several topics at once, each with sub-tasks side by side; a failed one is a value and loses none', async () => {
  const met = meeting();
  const { server, model } = await serve(async (request) => {
    const subject = subjectOf(request);
    met.arrive(subject);
    // Within a topic the sub-tasks overlap, and so do the first topics.
    if (/^(history|future)/.test(subject)) {
      const topic = subject.split(' ').at(-1) ?? '';
      await met.arrived(`history of ${topic}`, `future of ${topic}`);
      if (topic === 'otters' || topic === 'storks') {
        await met.arrived('history of otters', 'future of otters', 'history of storks', 'future of storks');
      }
    }
    if (subject === 'future of dodos') return { status: 400, error: { message: 'there is none' } };
    return `[${subject}]`;
  });
  const worker = agent('Worker', { model });
  const history = new Task({ name: 'history', description: 'history of {{topic}}', ...asked, agent: worker });
  const future = new Task({ name: 'future', description: 'future of {{topic}}', ...asked, agent: worker });
  const report = new Task({
    name: 'report',
    description: 'report on {{topic}}: {{tasks.history.raw}} {{tasks.future.raw}}',
    ...asked,
    agent: worker,
  });
  const crew = new Crew({ name: 'topics', agents: [worker], tasks: [history, future, report], process: 'parallel' });
  const topics = ['otters', 'storks', 'dodos', 'newts', 'moles'];
  const settled = await crew.kickoffForEach(
    topics.map((topic) => ({ topic })),
    { concurrency: 2 },
  );
  expect(settled.map(({ inputs, status }) => [inputs['topic'], status])).toEqual([
    ['otters', 'fulfilled'],
    ['storks', 'fulfilled'],
    ['dodos', 'rejected'],
    ['newts', 'fulfilled'],
    ['moles', 'fulfilled'],
  ]);
  expect(settled.map((one) => (one.status === 'fulfilled' ? one.value.output : null))).toEqual(
    topics.map((topic) =>
      topic === 'dodos' ? null : `[report on ${topic}: [history of ${topic}] [future of ${topic}]]`,
    ),
  );
  const dodos = settled[2];
  const error: CrewError = dodos?.status === 'rejected' ? dodos.reason : undefined;
  expect(error).toMatchObject({ code: 'REQUEST_REFUSED', taskName: 'future' });
  expect(error.partial?.tasks['history']).toMatchObject({ status: 'done', output: '[history of dodos]' });
  expect(error.partial?.tasks['report']).toMatchObject({ status: 'skipped', skippedBecause: 'future' });
  expect(server.requests).toHaveLength(14);
  // Two topics of two sub-tasks each.
  expect(server.peakConcurrency).toBe(4);
});
