import type { Conversation } from './conversation.ts';
import type { Dossier } from './dossier.ts';
import { withoutSubject } from './subject.ts';
import { aboutTopic } from './topics/about.ts';
import { dependenciesTopic } from './topics/dependencies.ts';
import { filesTopic } from './topics/files.ts';
import type { Finding } from './topics/finding.ts';
import { proseTopic } from './topics/prose.ts';
import { risksTopic } from './topics/risks.ts';
import { structureTopic } from './topics/structure.ts';
import { testsTopic } from './topics/tests.ts';
import { stem, wordsOf } from './words.ts';

/** What a task may be about. `prose` is everything that has no lens of its own. */
export type Topic = 'about' | 'files' | 'dependencies' | 'structure' | 'tests' | 'risks' | 'prose';

/** Words that point to a topic, each with its weight. */
const SIGNS: { readonly [topic in Topic]: { readonly [word: string]: number } } = {
  about: { overview: 2, purpose: 2, readme: 1, project: 1, repository: 1, introduction: 1 },
  files: { inventory: 4, folder: 1, directory: 1, layout: 2, size: 1, file: 0.5, language: 1, tree: 1 },
  dependencies: { dependency: 3, package: 1, library: 1, lockfile: 2, engine: 1, version: 1, manifest: 1 },
  structure: {
    architecture: 4,
    structure: 2,
    module: 1,
    component: 1,
    layer: 2,
    entry: 1,
    export: 1,
    codebase: 1,
    design: 1,
  },
  tests: { test: 2, testing: 2, tested: 2, untested: 2, coverage: 2, runner: 1 },
  prose: { document: 2, research: 3, topic: 1, note: 1, article: 2, archive: 2 },
  risks: {
    risk: 4,
    weakness: 2,
    problem: 1,
    todo: 2,
    fixme: 2,
    security: 2,
    debt: 2,
    concern: 1,
    vulnerability: 2,
    hazard: 2,
    missing: 1,
  },
};
/** What it is worth when the task's own name says so. */
const NAMED = 4;
/** Below this a word was named in passing. */
const CLEAR = 3;
/** A word counts so often at most: a long description must not outvote a task's name. */
const REPEATS = 3;

/** What the task is about, most telling first; `prose` when no lens fits. What the task puts in quotes does not count. */
export function topicsOf(task: Conversation, taskName: string): readonly Topic[] {
  const body = frequencies(withoutSubject(`${task.description}\n${task.expected}`));
  const name = frequencies(taskName);
  const scores = Object.entries(SIGNS).map(([topic, signs]): [string, number] => {
    const weights = new Map<string, number>();
    for (const [word, weight] of Object.entries(signs)) weights.set(stem(word), weight);
    let score = 0;
    for (const [key, weight] of weights) {
      score += weight * Math.min(REPEATS, body.get(key) ?? 0) + (name.has(key) ? weight + NAMED : 0);
    }
    return [topic, score];
  });
  const best = Math.max(...scores.map(([, score]) => score));
  if (best < CLEAR) return ['prose'];
  const chosen = scores.filter(([, score]) => score >= CLEAR && score >= best * 0.6).sort((a, b) => b[1] - a[1]);
  return chosen.slice(0, 3).flatMap(([topic]) => (isTopic(topic) ? [topic] : []));
}

function isTopic(name: string): name is Topic {
  return Object.hasOwn(SIGNS, name);
}

function frequencies(text: string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const word of wordsOf(text)) counts.set(stem(word), (counts.get(stem(word)) ?? 0) + 1);
  return counts;
}

/** What the tools brought on one topic; the first statement sums up the rest. */
export function findingsOn(topic: Topic, dossier: Dossier, question: string): Finding[] {
  switch (topic) {
    case 'about':
      return aboutTopic(dossier);
    case 'files':
      return filesTopic(dossier);
    case 'dependencies':
      return dependenciesTopic(dossier);
    case 'structure':
      return structureTopic(dossier);
    case 'tests':
      return testsTopic(dossier);
    case 'risks':
      return risksTopic(dossier);
    case 'prose':
      return proseTopic(dossier, question);
  }
}
