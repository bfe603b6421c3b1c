import { Task } from 'crewline';
import type { Fault } from './fault.ts';
import { calls, says } from './world.ts';

const never = () => new Promise<never>(() => undefined);
const JUMP_MS = 10 * 365 * 24 * 3_600_000;

/** F23 to F29, F37, F44 to F46, F50: what the crew, its user and the machine do. */
export const RUN_FAULTS: readonly Fault[] = [
  {
    id: 'F23',
    title: 'an agent that delegates to itself',
    inject: (world) => {
      Object.assign(world.agents, { allowDelegation: true });
      const self = JSON.stringify({ task: 'Do it', context: '', coworker: 'Researcher' });
      world.answer(() => calls({ name: 'delegate_work_to_coworker', arguments: self }), { at: 'research' });
    },
    ends: { as: 'shown', words: /Researcher/ },
  },
  {
    id: 'F24',
    title: 'tasks that wait for each other',
    inject: (world) => {
      Object.assign(world.tasks.research, { dependsOn: ['report'] });
    },
    ends: { as: 'refused', code: 'GRAPH_CYCLE' },
  },
  {
    id: 'F24',
    title: 'a task that does not exist',
    inject: (world) => {
      Object.assign(world.tasks.survey, { dependsOn: ['reserch'] });
    },
    ends: { as: 'refused', code: 'TASK_UNKNOWN' },
  },
  {
    id: 'F25',
    title: 'a variable that nobody passed',
    inject: (world) => {
      Object.assign(world.tasks.report, { description: 'Report on {{topic}}.' });
    },
    ends: { as: 'refused', code: 'TEMPLATE' },
  },
  {
    id: 'F25',
    title: 'a helper that does not exist',
    inject: (world) => {
      Object.assign(world.tasks.survey, { description: 'Survey {{shout topic}}.' });
    },
    ends: { as: 'refused', code: 'TEMPLATE' },
  },
  {
    id: 'F26',
    title: 'a task that is skipped, and those that read it',
    inject: (world) => {
      Object.assign(world.tasks.survey, { when: () => false });
    },
    ends: { as: 'skipped' },
  },
  {
    id: 'F27',
    title: 'a task of code that fails while others are at work',
    inject: (world) =>
      world.addTask(
        new Task({
          name: `fails-${world.more.length}`,
          execute: async () => {
            await world.sleepOn(15);
            throw new Error('the bank is closed');
          },
        }),
      ),
    ends: { as: 'failed', code: 'TASK_FAILED' },
  },
  {
    id: 'F27',
    title: 'a failure whose dependants are skipped',
    inject: (world) =>
      world.addTask(
        new Task({
          name: `optional-${world.more.length}`,
          onFailure: 'skipDependents',
          execute: () => Promise.reject(new Error('the library is closed')),
        }),
      ),
    ends: { as: 'partial' },
  },
  {
    id: 'F28',
    title: 'the run is cancelled while calls are in flight',
    inject: (world) => world.at(15, (run) => run.cancel('Enough.')),
    ends: { as: 'cancelled' },
  },
  {
    id: 'F28',
    title: 'the signal of the kickoff is aborted',
    inject: (world) => {
      const controller = new AbortController();
      world.signal =
        world.signal === undefined ? controller.signal : AbortSignal.any([world.signal, controller.signal]);
      world.at(15, () => controller.abort());
    },
    ends: { as: 'cancelled' },
  },
  {
    id: 'F28',
    title: 'the run is cancelled while a task of code ignores its signal',
    inject: (world) => {
      world.addTask(new Task({ name: `deaf-${world.more.length}`, execute: never }));
      world.at(25, (run) => run.cancel('Enough.'));
    },
    ends: { as: 'cancelled' },
  },
  {
    id: 'F29',
    title: 'a budget of one call',
    inject: (world) => {
      world.crew['budget'] = { ...Object(world.crew['budget']), modelCalls: 1 };
    },
    ends: { as: 'paused', code: 'BUDGET_EXCEEDED' },
  },
  {
    id: 'F29',
    title: 'a budget of 15 milliseconds',
    inject: (world) => {
      world.crew['budget'] = { ...Object(world.crew['budget']), wallMs: 15 };
    },
    ends: { as: 'paused', code: 'BUDGET_EXCEEDED' },
  },
  {
    id: 'F29',
    title: "a task's own budget, of 5 milliseconds",
    inject: (world) => {
      Object.assign(world.tasks.research, { budget: { wallMs: 5 } });
    },
    ends: { as: 'failed', code: 'BUDGET_EXCEEDED' },
  },
  {
    id: 'F37',
    title: 'a wall clock that jumps ten years back and forth',
    inject: (world) => {
      const { runtime } = world;
      let times = 0;
      const now = () => {
        times += 1;
        return runtime.now() + (times % 2 === 0 ? JUMP_MS : -JUMP_MS);
      };
      world.runtime = {
        now,
        monotonic: () => runtime.monotonic(),
        random: () => runtime.random(),
        uuid: () => runtime.uuid(),
        timer: (ms, fn, kind) => runtime.timer(ms, fn, kind),
      };
    },
    ends: { as: 'harmless' },
  },
  {
    id: 'F44',
    title: 'a hundred more tasks, and a join of all',
    inject: (world) => {
      const names = Array.from({ length: 100 }, (_, at) => `t${world.more.length}-${at}`);
      for (const name of names) world.addTask(new Task({ name, execute: () => 1 }));
      world.addTask(new Task({ name: `join-${world.more.length}`, dependsOn: names, execute: () => 2 }));
    },
    ends: { as: 'harmless' },
  },
  {
    id: 'F45',
    title: 'listeners that throw, and one that starts and cancels runs itself',
    inject: (world) =>
      world.onStart.push((run) => {
        for (const type of ['task.start', 'model.start', 'model.delta', 'task.end', 'run.end'] as const) {
          run.on(type, () => {
            throw new Error('not interested');
          });
        }
        run.on('task.end', () => void run.on('task.end', () => undefined)());
      }),
    ends: { as: 'harmless' },
  },
  {
    id: 'F46',
    title: 'a condition that throws',
    inject: (world) => {
      Object.assign(world.tasks.report, {
        when: () => {
          throw new Error('no idea');
        },
      });
      world.needs = 'report';
    },
    ends: { as: 'failed', code: 'TASK_FAILED' },
  },
  {
    id: 'F46',
    title: 'a last word on the result that throws',
    inject: (world) => {
      world.crew['afterKickoff'] = () => {
        throw new Error('no last word');
      };
    },
    ends: { as: 'failed', code: 'TASK_FAILED' },
  },
  {
    id: 'F50',
    title: 'a manager that gives work to nobody there is, once',
    inject: (world) => {
      world.crew['process'] = 'hierarchical';
      const nobody = JSON.stringify({ task: 'Do it', context: '', coworker: 'Somebody' });
      world.answer(() => calls({ name: 'delegate_work_to_coworker', arguments: nobody }), { at: 'survey' });
    },
    ends: { as: 'shown', words: /Somebody/ },
    inCompany: ['MANAGER_STALLED'],
  },
  {
    id: 'F50',
    title: 'a manager that answers without giving work to anybody',
    inject: (world) => {
      world.crew['process'] = 'hierarchical';
      world.answer(() => says('I know that myself.'), { at: 'survey', times: 2 });
    },
    ends: { as: 'shown', words: /delegate/ },
    inCompany: ['MANAGER_STALLED'],
  },
];
