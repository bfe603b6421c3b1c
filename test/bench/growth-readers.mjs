/**
 * Everything that reads text from outside, by name. Most is not exported, so it is taken from `dist` by path. What a
 * reader throws is its own affair: `test/fuzz` looks at that.
 */
import { readInputs } from '../../dist/cli/inputs.js';
import { readOptions } from '../../dist/cli/options.js';
import { redactor } from '../../dist/cli/redact.js';
import { parseJson } from '../../dist/internal/json.js';
import { parseArguments } from '../../dist/loop/call-tool.js';
import { findJson } from '../../dist/loop/find-json.js';
import { readCode } from '../../dist/models/offline/code.js';
import { filesIn } from '../../dist/models/offline/dossier.js';
import { takeApart } from '../../dist/models/offline/join.js';
import { limitsIn } from '../../dist/models/offline/limits.js';
import { mainManifest } from '../../dist/models/offline/manifest.js';
import { plainText, readMarkdown } from '../../dist/models/offline/markdown.js';
import { quotedSubject } from '../../dist/models/offline/subject.js';
import { sentencesOf, wordsOf } from '../../dist/models/offline/words.js';
import { Answer } from '../../dist/models/openai-answer.js';
import { toModelError } from '../../dist/models/openai-errors.js';
import { HttpFailure, ProviderFailure } from '../../dist/models/openai-failure.js';
import { SseParser } from '../../dist/models/openai-sse.js';
import { renderTemplate } from '../../dist/prompts/render.js';
import { cleanText } from '../../dist/telemetry/clean.js';
import { shortArguments } from '../../dist/telemetry/format.js';
import { pathFilter } from '../../dist/tools/glob.js';

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
const args = { input: { type: 'string' }, json: { type: 'boolean' } };
const listOfNumbers = { type: 'object', properties: { list: { type: 'array', items: { type: 'number' } } } };
const redact = redactor({ OPENAI_API_KEY: 'sk-0123456789' });

function stream(bytes, size) {
  const parser = new SseParser();
  for (let at = 0; at < bytes.length; at += size) parser.push(bytes.subarray(at, at + size));
  return parser.end();
}

export const READERS = {
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
  'a path, by its folders': pathFilter('**/*a*b*/**/*.ts'),
  'a path, by its name': pathFilter('*a*a*a*a*b'),
  'a line on its way to a terminal': (text) => cleanText(text),
  'a block on its way to a terminal': (text) => cleanText(text, 'block'),
  'arguments on their way to a terminal': shortArguments,
  'a text with secrets': redact,
  'an option': (text) => readOptions(['--input', text, `--${text}`], { command: 'run', args }),
  'an input': (text) =>
    readInputs({ name: 'c', inputsSchema: listOfNumbers }, { pairs: [`list=${text}`], file: undefined, cwd: '/' }),
};

/** The offline model's own, which get no text of more than 300,000 characters. */
export const OFFLINE_READERS = {
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
export const PUMPS = [
  ...['<', '{', '[', '"', '\\', '{"a":', '[{', '}', '```', '```json\n', 'data: ', 'data: x\n', '\r', '\n', ' ', '\t '],
  ...['{{', '{{!--', '*a', '**/', 'a=', '\x1b[', 'Bearer ', 'sk-aaaaaaaa', '\\u005f', '__proto__'],
];

/** The same for what reads Markdown, code and sentences. */
export const OFFLINE_PUMPS = [
  ...['<', '[', '![', '[a](', '`', '"', '“', '*', '_', '&', '.', '. ', '# ', '- ', '/*', '//', 'a', 'A ', ' ', '\n'],
  ...['{', '(', "it('", 'export const a = ', '<result task="', 'at most 3 ', '= "', '…'],
];
