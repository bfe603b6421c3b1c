import { readInputs } from '../../src/cli/inputs.ts';
import { readOptions } from '../../src/cli/options.ts';
import { redactor } from '../../src/cli/redact.ts';
import { parseJson } from '../../src/internal/json.ts';
import { parseArguments } from '../../src/loop/call-tool.ts';
import { findJson } from '../../src/loop/find-json.ts';
import { readCode } from '../../src/models/offline/code.ts';
import { filesIn } from '../../src/models/offline/dossier.ts';
import { takeApart } from '../../src/models/offline/join.ts';
import { limitsIn } from '../../src/models/offline/limits.ts';
import { mainManifest } from '../../src/models/offline/manifest.ts';
import { plainText, readMarkdown } from '../../src/models/offline/markdown.ts';
import { quotedSubject } from '../../src/models/offline/subject.ts';
import { sentencesOf, wordsOf } from '../../src/models/offline/words.ts';
import { Answer } from '../../src/models/openai-answer.ts';
import { toModelError } from '../../src/models/openai-errors.ts';
import { HttpFailure, ProviderFailure } from '../../src/models/openai-failure.ts';
import { SseParser } from '../../src/models/openai-sse.ts';
import { renderTemplate } from '../../src/prompts/render.ts';
import { cleanText } from '../../src/telemetry/clean.ts';
import { shortArguments } from '../../src/telemetry/format.ts';
import { pathFilter } from '../../src/tools/glob.ts';

const encoder = new TextEncoder();
const noIds = () => [];
const place = {
  model: 'm',
  baseURL: 'http://localhost/v1',
  key: 'sk-0123456789',
  reached: true,
  requestId: undefined,
  status: 500,
  text: '',
  details: {},
};
const args = { input: { type: 'string' as const }, json: { type: 'boolean' as const } };
const listOfNumbers = { type: 'object', properties: { list: { type: 'array', items: { type: 'number' } } } };
const redact = redactor({ OPENAI_API_KEY: 'sk-0123456789' });

function stream(bytes: Uint8Array, size: number) {
  const parser = new SseParser();
  for (let at = 0; at < bytes.length; at += size) parser.push(bytes.subarray(at, at + size));
  return parser.end();
}

function filter(glob: string): (path: string) => boolean {
  const fits = pathFilter(glob);
  if (typeof fits === 'string') throw new Error(fits);
  return fits;
}

interface Readers {
  readonly [name: string]: (text: string) => unknown;
}

/** Everything here that reads text from outside. `test/bench/growth.mjs` measures how its time grows with the text. */
export const READERS: Readers = {
  'a stream': (text) => stream(encoder.encode(text), Number.POSITIVE_INFINITY),
  'a stream in small pieces': (text) => stream(encoder.encode(text), 64),
  'a chat completion': (text) => new Answer(noIds).whole(text),
  'the text of a delta': (text) =>
    new Answer(noIds).piece(JSON.stringify({ choices: [{ index: 0, delta: { content: text } }] })),
  'the arguments of a delta': (text) => {
    const answer = new Answer(noIds);
    const call = { index: 0, id: 'c', function: { name: 'n', arguments: text } };
    answer.piece(JSON.stringify({ choices: [{ index: 0, delta: { tool_calls: [call] }, finish_reason: 'stop' }] }));
    return answer.finish();
  },
  'an error': (text) => toModelError(new HttpFailure(500, {}, text), place),
  'the message of an error': (text) =>
    toModelError(new ProviderFailure(JSON.stringify({ error: { message: text } })), place),
  JSON: parseJson,
  'arguments of a tool': parseArguments,
  'an answer that should be JSON': (text) => findJson(text, 'object'),
  'an answer with words around it': (text) => findJson(`So: {"a":1} ${text}`, undefined),
  'a template': (text) => renderTemplate(text, {}, {}),
  'a value in a template': (text) => renderTemplate('{{x}}{{#if x}}{{json x}}{{/if}}', { x: text }, {}),
  'a path, by its folders': filter('**/*a*b*/**/*.ts'),
  'a path, by its name': filter('*a*a*a*a*b'),
  'a line on its way to a terminal': (text) => cleanText(text),
  'a block on its way to a terminal': (text) => cleanText(text, 'block'),
  'arguments on their way to a terminal': shortArguments,
  'a text with secrets': redact,
  'an option': (text) => readOptions(['--input', text, `--${text}`], { command: 'run', args }),
  'an input': (text) =>
    readInputs({ name: 'c', inputsSchema: listOfNumbers }, { pairs: [`list=${text}`], file: undefined, cwd: '/' }),
};

/** The offline model's own, which get no text of more than 300,000 characters. */
export const OFFLINE_READERS: Readers = {
  'offline: plain text': plainText,
  'offline: Markdown': readMarkdown,
  'offline: sentences': sentencesOf,
  'offline: words': wordsOf,
  'offline: files': filesIn,
  'offline: a subject': quotedSubject,
  'offline: code': (text) => readCode('a.ts', text),
  'offline: parts': (text) => takeApart([{ name: 'x', text }]),
  'offline: limits': (text) => limitsIn([text]),
  'offline: a manifest': (text) => mainManifest([{ path: 'pyproject.toml', text: `[project]\n${text}`, cut: false }]),
};

/** What, repeated, makes careless readers look at the same characters again and again. */
export const PUMPS: readonly string[] = [
  ...['<', '{', '[', '"', '\\', '{"a":', '[{', '}', '```', '```json\n', 'data: ', 'data: x\n', '\r', '\n', ' ', '\t '],
  ...['{{', '{{!--', '*a', '**/', 'a=', '\x1b[', 'Bearer ', 'sk-aaaaaaaa', '\\u005f', '__proto__'],
];

/** The same for what reads Markdown, code and sentences. */
export const OFFLINE_PUMPS: readonly string[] = [
  ...['<', '[', '![', '[a](', '`', '"', '“', '*', '_', '&', '.', '. ', '# ', '- ', '/*', '//', 'a', 'A ', ' ', '\n'],
  ...['{', '(', "it('", 'export const a = ', '<result task="', 'at most 3 ', '= "', '…'],
];
