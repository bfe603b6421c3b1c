import {
  CrewError,
  type ErrorCode,
  type ErrorDetails,
  ModelError,
  type ModelErrorDetails,
  messageOf,
} from '../errors.ts';
import { redactedStart } from '../internal/redact.ts';
import { realRuntime } from '../internal/runtime.ts';
import { AnswerProblem, HttpFailure, type HttpHeaders, NetworkFailure, ProviderFailure } from './openai-failure.ts';
import { limitNewsOf, retryAfterOf } from './openai-limits.ts';
import {
  isUnopened,
  isWebPage,
  judgeConnection,
  judgeStatus,
  judgeWords,
  readProvider,
  systemCode,
} from './openai-verdict.ts';

/** What an error's message needs to know about the call. */
export interface CallPlace {
  readonly model: string;
  /** Without credentials. */
  readonly baseURL: string;
  /** True when the server has answered before. */
  readonly reached: boolean;
  readonly requestId: string | undefined;
  readonly status: number | undefined;
  /** Of the answer, where there was one. */
  readonly headers?: HttpHeaders;
  /** What had been answered. */
  readonly text: string;
  readonly details: ErrorDetails;
}

const MAX_QUOTE = 500;

/** The one error that users see for whatever went wrong in a call. */
export function toModelError(thrown: unknown, place: CallPlace): CrewError {
  if (thrown instanceof CrewError) return thrown;
  if (thrown instanceof HttpFailure) return ofStatus(thrown, place);
  if (thrown instanceof NetworkFailure) return ofNetwork(thrown, place);
  if (thrown instanceof AnswerProblem) return ofAnswer(thrown, place);
  if (thrown instanceof ProviderFailure) return ofErrorIn200(thrown, place);
  const message = `${who(place)} could not be asked: ${quote(messageOf(thrown))}`;
  return new ModelError('REQUEST_REFUSED', message, { ...place.details, cause: thrown });
}

function ofStatus(failure: HttpFailure, place: CallPlace): ModelError {
  const { status, headers } = failure;
  const said = readProvider(failure.body);
  const verdict = judgeStatus(status, said, place);
  const location = headers['location'];
  const words = status >= 300 && status < 400 && typeof location === 'string' ? `redirect to ${location}` : said.words;
  const wish = headers['x-should-retry'];
  const mayInsist = status >= 408 && verdict.code !== 'QUOTA_EXHAUSTED';
  const retryable = wish === 'false' ? false : verdict.retryable || (wish === 'true' && mayInsist);
  const answered = words === '' ? `answered ${status} without a word` : `answered ${status}: ${quote(words)}`;
  const says = `${answered}${stop(words)} ${verdict.advice}`;
  return make(place, { code: verdict.code, says, status, retryable, ...wishOf(place) });
}

function ofErrorIn200(failure: ProviderFailure, place: CallPlace): ModelError {
  const said = readProvider(failure.body);
  const status = Number(said.code);
  const isStatus = status >= 400 && status < 600;
  const known = isStatus ? judgeStatus(status, said, place) : judgeWords(said);
  const verdict = known ?? { code: 'BAD_RESPONSE', retryable: true, advice: '' };
  const says = `answered with an error: ${quote(said.words)}${stop(said.words)} ${verdict.advice}`;
  return make(place, { code: verdict.code, says, retryable: verdict.retryable, ...wishOf(place) });
}

function wishOf({ headers = {} }: CallPlace): Pick<ModelErrorDetails, 'retryAfterMs'> {
  return { retryAfterMs: retryAfterOf(headers, realRuntime.now()) };
}

function ofAnswer(problem: AnswerProblem, place: CallPlace): ModelError {
  const body = problem.body?.trim() ?? '';
  const shown = body === '' ? '' : ` It begins: ${quote(body, 200)}`;
  const advice = isWebPage(body)
    ? ` This is a web page: the base URL ${place.baseURL} is probably wrong; most end in /v1.`
    : '';
  const says = `gave an answer that cannot be used: ${problem.message}.${shown}${advice}`;
  return make(place, { code: problem.code, says, retryable: true });
}

function ofNetwork({ reason, began }: NetworkFailure, place: CallPlace): ModelError {
  const code = systemCode(reason);
  const cause = reason;
  if (code === 'UND_ERR_HEADERS_TIMEOUT' || code === 'UND_ERR_BODY_TIMEOUT') {
    return make(place, { code: 'TIMEOUT', says: 'was silent for a day.', retryable: true, cause });
  }
  if (began) {
    const says = `broke off in the middle of its answer (${quote(messageOf(reason))}).`;
    return make(place, { code: 'STREAM_TRUNCATED', says, retryable: true, cause });
  }
  const { host } = new URL(place.baseURL);
  const hint = ` Check the base URL, ${place.baseURL} (option baseURL, or OPENAI_BASE_URL).`;
  const advice = place.reached ? '' : hint;
  const [what, mayPass] = judgeConnection(code, host, quote(messageOf(reason)));
  const retryable = mayPass || place.reached;
  return make(place, {
    code: 'PROVIDER_DOWN',
    says: `cannot be reached: ${what}.${advice}`,
    retryable,
    sent: !isUnopened(code),
    cause,
  });
}

interface Finding extends ModelErrorDetails {
  readonly code: ErrorCode;
  /** Goes on after the model's name and host. */
  readonly says: string;
  readonly cause?: unknown;
}

function make(place: CallPlace, finding: Finding): ModelError {
  const { text, details } = place;
  const requestId = place.requestId === undefined ? undefined : quote(place.requestId);
  const id = requestId === undefined ? '' : ` (request ${requestId})`;
  return new ModelError(finding.code, `${who(place)} ${finding.says.trim()}${id}`, {
    ...details,
    cause: finding.cause,
    status: finding.status ?? place.status,
    requestId,
    retryable: finding.retryable,
    retryAfterMs: finding.retryAfterMs,
    limits: place.headers && limitNewsOf(place.headers),
    text: text === '' ? undefined : text,
    sent: finding.sent,
  });
}

function who(place: CallPlace): string {
  return `${place.model} at ${new URL(place.baseURL).host}`;
}

/** Words from outside, in one line, not too long, without anything that looks like a key. */
function quote(words: string, most = MAX_QUOTE): string {
  const line = redactedStart(words, 4 * MAX_QUOTE)
    .replace(/\s+/g, ' ')
    .trim();
  return line.length > most ? `${line.slice(0, most)}…` : line;
}

function stop(words: string): string {
  return /[.!?]\s*$/.test(words) ? '' : '.';
}
