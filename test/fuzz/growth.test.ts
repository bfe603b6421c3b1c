import { test } from 'vitest';
import { readInputs } from '../../src/cli/inputs.ts';
import { readOptions } from '../../src/cli/options.ts';
import { redactor } from '../../src/cli/redact.ts';
import { CrewError } from '../../src/errors.ts';
import { parseJson } from '../../src/internal/json.ts';
import { parseArguments } from '../../src/loop/call-tool.ts';
import { findJson } from '../../src/loop/find-json.ts';
import { Answer } from '../../src/models/openai-answer.ts';
import { toModelError } from '../../src/models/openai-errors.ts';
import { AnswerProblem, HttpFailure, ProviderFailure } from '../../src/models/openai-failure.ts';
import { SseParser } from '../../src/models/openai-sse.ts';
import { renderTemplate } from '../../src/prompts/render.ts';
import { cleanText } from '../../src/telemetry/clean.ts';
import { shortArguments } from '../../src/telemetry/format.ts';
import { pathFilter } from '../../src/tools/glob.ts';
import { INPUTS, typed } from './fuzz.ts';

/** What, repeated, makes careless readers look at the same characters again and again. */
const PUMPS: readonly string[] = [
  '<',
  '{',
  '[',
  '"',
  '\\',
  '{"a":',
  '[{',
  '}',
  '```',
  '```json\n',
  'data: ',
  '\r',
  '\n',
  ' ',
  '\t ',
  '{{',
  '{{!--',
  '*a',
  '**/',
  'a=',
].concat(['data: x\n', '\x1b[', 'Bearer ', 'sk-aaaaaaaa', '\\u005f', '__proto__']);

const encoder = new TextEncoder();
const noIds = () => [];
const ours = (error: unknown) =>
  error instanceof CrewError || error instanceof AnswerProblem || error instanceof ProviderFailure;
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
const redact = redactor({ OPENAI_API_KEY: 'sk-0123456789' });
const listOfNumbers = { type: 'object', properties: { list: { type: 'array', items: { type: 'number' } } } };

/** Everything here that reads text from outside. */
const READERS: { readonly [name: string]: (text: string) => unknown } = {
  'a stream': (text) => {
    const parser = new SseParser();
    return [...parser.push(encoder.encode(text)), ...parser.end()];
  },
  'a stream in small pieces': (text) => {
    const parser = new SseParser();
    const bytes = encoder.encode(text);
    for (let at = 0; at < bytes.length; at += 64) parser.push(bytes.subarray(at, at + 64));
    return parser.end();
  },
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
  'a value in a template': (text) => renderTemplate('{{x}}{{#if x}}{{json x}}{{/if}}', { x: text }, {}),
  'a path': (text) =>
    [pathFilter('**/*a*b*/**/*.ts'), pathFilter('*a*a*a*a*b')].map((fits) => typeof fits === 'string' || fits(text)),
  'a line on its way to a terminal': (text) => cleanText(text),
  'a block on its way to a terminal': (text) => cleanText(text, 'block'),
  'arguments on their way to a terminal': shortArguments,
  'a text with secrets': redact,
  'an option': (text) => readOptions(['--input', text, `--${text}`], { command: 'run', args }),
  'an input': (text) =>
    readInputs({ name: 'c', inputsSchema: listOfNumbers }, { pairs: [`list=${text}`], file: undefined, cwd: '/' }),
};

const pumped = (pump: string, length: number) => pump.repeat(Math.ceil(length / pump.length)).slice(0, length);
const MEGABYTE = 2 ** 20;
/** How the time grows with the text is measured by test/bench/growth.mjs; this is for what they do with it. */
const LONG = INPUTS >= 10_000 ? MEGABYTE : MEGABYTE / 4;

test.each(Object.entries(READERS))('a long text of anything that repeats is read to its end: %s', (_, read) => {
  for (const pump of PUMPS) typed(() => read(pumped(pump, LONG)), ours);
});
