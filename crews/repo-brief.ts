// A crew in the *parallel* process: five tasks read a folder side by side, and a sixth joins what they found
// to one brief, in out/repo-brief.md.
//
//   npm start                                        this repository
//   npx crewline run repo-brief --input folder=../x   any other folder
//   npx crewline plan repo-brief                      what runs when, without running it
import { Agent, Crew, Task } from 'crewline';
import { listFiles, readFile, SKIPPED_FOLDERS, searchFiles } from 'crewline/tools';
import { z } from 'zod';
import { folder } from './shared/folder.ts';
import { model } from './shared/model.ts';

// The tools are confined to one folder, and which one is known only when the crew is kicked off: it is an input.
// What the crews here write goes to out/; it is no part of what they read.
const workspace = { folder: { input: 'folder' } };
const source = { ...workspace, skip: [...SKIPPED_FOLDERS, 'out'] };
const tools = [listFiles(source), readFile(workspace), searchFiles(source)];

// Agents hold no state, so one of them may work several tasks at the same time: each has a conversation of its own.
const surveyor = new Agent({
  role: 'Repository surveyor',
  goal: 'Say what a repository contains and what it builds on, in figures that can be checked',
  backstory: 'You open an unknown repository with its list of files, its manifest and its README, and you count.',
  tools,
});

const engineer = new Agent({
  role: 'Software engineer',
  goal: 'Explain how a codebase works and how it is tested to somebody who will change it tomorrow',
  backstory: 'You have taken over many codebases. You trust what the code says over what people say about it.',
  tools,
});

const reviewer = new Agent({
  role: 'Risk reviewer',
  goal: 'Find what could hurt those who depend on a repository, before it does',
  backstory: 'You name only what you have seen, with the file to look at, and you never cry wolf.',
  tools,
});

const editor = new Agent({
  role: 'Technical editor',
  goal: 'Make one short document out of many notes, so that a newcomer is at home after five minutes',
  backstory: 'You cut, join and order. You add nothing that the notes do not say, and you keep every file name.',
});

const findings =
  'A sentence that sums up, then a Markdown list of findings, the weightiest first, each with its files in `code`.';

const inventory = new Task({
  name: 'inventory',
  description: `Take an inventory of the repository:
- what it is for
- what kinds of files it has, and how many
- where they lie, and which are the largest`,
  expectedOutput: findings,
  agent: surveyor,
});

const dependencies = new Task({
  name: 'dependencies',
  description: `Find out what the repository depends on:
- the packages in its manifest with their versions, for running and for development
- the engine it asks for, and its lockfile
- where the code uses the most important packages`,
  expectedOutput: findings,
  agent: surveyor,
});

const architecture = new Task({
  name: 'architecture',
  description: `Describe the architecture of the code:
- its entry points
- its main modules, with what each is responsible for
- how they depend on each other, and what most of them lean on`,
  expectedOutput: findings,
  agent: engineer,
});

const tests = new Task({
  name: 'tests',
  description: `Find out how the repository is tested:
- the test runner, and the command that starts it
- where the tests are, how many, and what they cover
- which source files seem to be untested`,
  expectedOutput: findings,
  agent: engineer,
});

const risks = new Task({
  name: 'risks',
  description: `Look for risks in the repository:
- basics that are missing, such as a licence, a lockfile or automatic checks
- open ends: TODO and FIXME comments
- security concerns, such as code that starts other programs, and dependencies without a firm version
- source files too large to review`,
  expectedOutput: findings,
  agent: reviewer,
});

// `context` is what makes this task wait: it starts when the fifth of the others has ended, and reads what they wrote.
const brief = new Task({
  name: 'brief',
  description: 'Write a brief of the repository for a new colleague, from the notes of your coworkers.',
  expectedOutput: `A Markdown document:
- a title with the name of the project
- a short summary
- a section each on inventory, dependencies, architecture, tests and risks
Nothing is said twice, and every file keeps its name.`,
  agent: editor,
  context: [inventory, dependencies, architecture, tests, risks],
  outputFile: 'out/repo-brief.md',
});

export const repoBrief = new Crew({
  name: 'repo-brief',
  process: 'parallel',
  agents: [surveyor, engineer, reviewer, editor],
  tasks: [inventory, dependencies, architecture, tests, risks, brief],
  model,
  inputs: z.object({ folder: folder.default('.').describe('Folder to read. Default: the one you are in') }),
});
