// A crew in the *hierarchical* process: nobody is told which task is theirs. A manager, the editor in chief, hands the
// work to the coworkers, checks what comes back, and answers for the result, in out/article.md.
//
//   npx crewline run newsroom --input topic='schema validation'
import { Agent, Crew, Task } from 'crewline';
import { listFiles, readFile, searchFiles } from 'crewline/tools';
import { z } from 'zod';
import { folder } from './shared/folder.ts';
import { model } from './shared/model.ts';

const archive = { folder: { input: 'folder' } };
const tools = [listFiles(archive), searchFiles(archive), readFile(archive)];

const editor = new Agent({
  role: 'Editor in chief',
  goal: 'Publish an article about "{{topic}}" that is true, clear and worth reading',
  backstory: 'You plan an article, give each colleague a clear assignment, and print nothing that was not checked.',
});

const reporter = new Agent({
  role: 'Reporter',
  goal: 'Gather what the archive says about "{{topic}}", in the words of its documents, each with its file',
  backstory: 'You read before you speak, and you never quote from memory.',
  tools,
});

const factChecker = new Agent({
  role: 'Fact checker',
  goal: 'Check statements about "{{topic}}" against the documents in the archive, and say which hold',
  backstory: 'For each statement you find the line that supports it, or you strike it out.',
  tools,
});

const writer = new Agent({
  role: 'Writer',
  goal: 'Write an article from material that others have gathered and checked',
  backstory: 'You write short sentences for curious people. You use what you are given, and nothing else.',
});

const article = new Task({
  name: 'article',
  description: `Publish an article about "{{topic}}" from the documents in the archive. They are Markdown files ("*.md").
The reporter gathers the material, the fact checker checks it, and the writer writes.`,
  expectedOutput: `The finished article in Markdown:
- a headline, and an opening that says why it matters
- the facts, each with its file in \`code\``,
  outputFile: 'out/article.md',
});

export const newsroom = new Crew({
  name: 'newsroom',
  process: 'hierarchical',
  manager: editor,
  agents: [reporter, factChecker, writer],
  tasks: [article],
  model,
  inputs: z.object({
    topic: z
      .string()
      .min(1)
      .default('schema validation')
      .describe('What the article is about. Default: schema validation'),
    folder: folder.default('node_modules').describe('The archive: a folder with documents. Default: node_modules'),
  }),
});
