// A crew in the *sequential* process: a researcher reads, a writer writes, a reviewer has the last word. Each task reads
// what all earlier ones found out, without saying so. The report goes to out/research-report.md.
//
//   npx crewline run research-report                    about performance, from the READMEs of the installed packages
//   npx crewline run research-report --input topic='connection pools' --input folder=../notes
import { Agent, Crew, Task } from 'crewline';
import { listFiles, readFile, searchFiles } from 'crewline/tools';
import { z } from 'zod';
import { folder } from './shared/folder.ts';
import { model } from './shared/model.ts';

const library = { folder: { input: 'folder' } };

const researcher = new Agent({
  role: 'Researcher',
  goal: 'Find out what a collection of documents says about "{{topic}}"',
  backstory: 'You look for the passages that answer the question, and you note where each one stands.',
  tools: [listFiles(library), searchFiles(library), readFile(library)],
});

const writer = new Agent({
  role: 'Writer',
  goal: 'Write a report that somebody enjoys reading and can rely on',
  backstory: 'You turn notes into clear prose. You say nothing that the notes do not say.',
});

const reviewer = new Agent({
  role: 'Reviewer',
  goal: 'Let nothing pass that is wrong, unsupported or said twice',
  backstory: 'You check every sentence of a draft against the notes it was made from, and you mend it yourself.',
});

// An output schema: the answer is validated, repaired by the model where it does not fit, and typed from here on.
const notes = z.object({
  findings: z
    .array(
      z.object({
        statement: z.string().min(1).describe('What the document says about the topic: one or two sentences of it'),
        file: z.string().min(1).describe('The document, by its path'),
      }),
    )
    .max(12)
    .describe('The weightiest first. Empty when no document says anything about the topic'),
});

const research = new Task({
  name: 'research',
  description: `Find out what the documents in the folder say about "{{topic}}".
They are Markdown files: list them with "*.md", search them for the words that matter, and read the most promising ones.`,
  expectedOutput: 'The findings, from as many different documents as have something to say, each with its file.',
  agent: researcher,
  output: notes,
});

const draft = new Task({
  name: 'draft',
  description: 'Write a report about "{{topic}}" from the notes of the researcher.',
  expectedOutput: `A report in Markdown:
- a title and a short summary
- the findings in an order that makes sense, each with its file in \`code\``,
  agent: writer,
  context: [research],
  // A guardrail sends an answer back, with what is wrong, in the same conversation. `context` is typed by the schema.
  guardrails: [
    (text, { context }) => {
      const missing = context.research.findings.map(({ file }) => file).filter((file) => !text.includes(file));
      return missing.length === 0 || { reject: `Each finding needs its file. Not mentioned: ${missing.join(', ')}.` };
    },
  ],
});

const review = new Task({
  name: 'review',
  description: 'Check the draft of the report about "{{topic}}" against the notes of the research, and correct it.',
  expectedOutput:
    'The corrected report as it will be published, in Markdown: the whole text, without remarks on what you changed.',
  agent: reviewer,
  outputFile: 'out/research-report.md',
});

export const researchReport = new Crew({
  name: 'research-report',
  agents: [researcher, writer, reviewer],
  tasks: [research, draft, review],
  model,
  inputs: z.object({
    topic: z.string().min(1).default('performance').describe('What to find out about. Default: performance'),
    folder: folder
      .default('node_modules')
      .describe('Folder with the documents. Default: node_modules, the READMEs of the installed packages'),
  }),
});
