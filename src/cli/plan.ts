import { CrewError } from '../errors.ts';
import { type Command, CREW_OPTIONS } from './command.ts';
import { loadCrew } from './load-crew.ts';
import { readOptions } from './options.ts';

const { crew, model, debug } = CREW_OPTIONS;
const args = {
  crew,
  mermaid: { type: 'boolean', description: 'As a Mermaid flow chart' },
  json: { type: 'boolean', description: 'As JSON' },
  model,
  debug,
} as const;

/** `crewline plan`: the graph of a crew, without running it. */
export const plan: Command = {
  summary: 'Draw what a crew is going to do, without running it',
  args,
  examples: ['crewline plan repo-brief', 'crewline plan repo-brief --mermaid'],
  async work(words, session) {
    const { args: given } = readOptions(words, { command: 'plan', args });
    if (given.mermaid && given.json) throw new CrewError('USAGE', 'Give --mermaid or --json, not both.');
    if (given.model !== undefined) process.env['CREWLINE_MODEL'] = given.model;
    const { crew: loaded } = await loadCrew(given.crew, session.cwd);
    const drawn = loaded.plan();
    let text = drawn.toText();
    if (given.mermaid) text = drawn.toMermaid();
    if (given.json) text = JSON.stringify(drawn.toJSON(), null, 2);
    session.stdout.write(`${text.trimEnd()}\n`);
    return 0;
  },
};
