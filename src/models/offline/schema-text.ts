import type { JsonSchema } from '../../spec/json.ts';
import type { Evidence, Field } from './evidence.ts';
import type { Fix } from './fixes.ts';
import { textFor } from './pattern.ts';
import type { Finding } from './topics/finding.ts';
import { shortened, wordsOf } from './words.ts';
import { statement } from './write.ts';

/** Said in a field that sums up, since JSON has no other place for it. */
const NOTICE = "(Written by crewline's offline stand-in, which is not a language model.)";
const SUMMING_UP = new Set([
  'summary',
  'text',
  'body',
  'content',
  'overview',
  'report',
  'article',
  'answer',
  'conclusion',
  'brief',
  'abstract',
  'introduction',
  'verdict',
]);
const SHORT = new Set(['title', 'headline', 'name', 'subject', 'heading', 'label', 'topic']);
const WHERE = new Set(['file', 'path', 'source', 'where', 'filename', 'location', 'origin', 'reference', 'citation']);
/** Honest placeholders for what cannot be known; each satisfies its format. */
const FORMATS: { readonly [format: string]: string } = {
  email: 'nobody@example.invalid',
  uri: 'about:blank',
  url: 'about:blank',
  'uri-reference': 'unknown',
  date: '1970-01-01',
  'date-time': '1970-01-01T00:00:00Z',
  time: '00:00:00Z',
  duration: 'P0D',
  uuid: '00000000-0000-0000-0000-000000000000',
  ipv4: '0.0.0.0',
  ipv6: '::1',
  hostname: 'example.invalid',
  regex: '.',
  'json-pointer': '',
};

/** A text for a field: what its name asks for, in the form and length that its schema asks for. */
export function textForField(schema: JsonSchema, field: Field, evidence: Evidence): string {
  const fix = evidence.fixes.get(field.path) ?? evidence.fixes.get('');
  const { format, pattern } = schema;
  if (typeof format === 'string' && Object.hasOwn(FORMATS, format)) return FORMATS[format] ?? '';
  const text = fixed(worded(schema, field, evidence), fix);
  if (typeof pattern === 'string') return fitting(pattern, text, evidence);
  const least = Math.max(numeric(schema['minLength']) ?? 0, fix?.least ?? 0);
  const most = Math.min(
    numeric(schema['maxLength']) ?? Number.POSITIVE_INFINITY,
    fix?.most ?? Number.POSITIVE_INFINITY,
  );
  return ofLength(text, { least, most }, evidence);
}

function worded(schema: JsonSchema, field: Field, evidence: Evidence): string {
  const name = wordsOf(field.name);
  const isOne = (set: ReadonlySet<string>): boolean => name.some((word) => set.has(word));
  const own = field.about ?? evidence.best(field.name, String(schema['description'] ?? ''));
  if (isOne(WHERE)) return own === undefined ? 'unknown' : (sourceOf(own) ?? 'unknown');
  if (isOne(SHORT)) return shortened(own?.quote ?? own?.text ?? evidence.findings[0]?.text ?? evidence.task, 80);
  if (isOne(SUMMING_UP) && field.about === undefined) {
    const first = evidence.findings.slice(0, 3).map(statement);
    return [...(first.length > 0 ? first : [shortened(evidence.task, 300)]), NOTICE].join(' ');
  }
  if (field.about !== undefined) return bare(field.about);
  if (own !== undefined) return statement(own);
  const next = evidence.findings[field.index];
  return next === undefined ? `Nothing was found on this: ${shortened(evidence.task, 120)}` : statement(next);
}

/** A statement for an item: the file stands in a field of its own there, but does no harm here. */
function bare(finding: Finding): string {
  return finding.text;
}

/** The file of a statement: its source, or the first path that it names. */
function sourceOf(finding: Finding): string | undefined {
  if (finding.source !== undefined) return finding.source;
  const names = finding.text.split('`').filter((_, index) => index % 2 === 1);
  return (
    names.find((name) => /[\w-]\.[a-z]\w{0,5}(?::\d{1,6})?$/i.test(name) && !name.includes(' ')) ??
    names.find((name) => name.includes('/') && !name.includes(' '))
  );
}

function fixed(text: string, fix: Fix | undefined): string {
  if (fix === undefined) return text;
  let out = text;
  if (fix.words !== undefined) out = out.split(' ').slice(0, Math.max(1, fix.words)).join(' ');
  for (const entry of fix.include) if (!out.includes(entry)) out = `${out} ${entry}`;
  if (fix.letters !== undefined) out = fix.letters === 'upper' ? out.toUpperCase() : out.toLowerCase();
  if (fix.startsWith !== undefined && !out.startsWith(fix.startsWith)) out = `${fix.startsWith}${out}`;
  return fix.endsWith === undefined || out.endsWith(fix.endsWith) ? out : `${out}${fix.endsWith}`;
}

/** The text when the pattern accepts it, else a word of the evidence that it accepts, else one made for it. */
function fitting(pattern: string, text: string, evidence: Evidence): string {
  let expression: RegExp;
  try {
    expression = new RegExp(pattern, 'u');
  } catch {
    // Not a pattern of this language; then no text can be checked against it.
    return text;
  }
  const words = evidence.findings.slice(0, 20).flatMap((one) => one.text.split(/[\s`“”()]/));
  const candidates = [text, ...words.filter((word) => word.length > 1 && word.length < 60)].filter(
    (word) => word.length < 500,
  );
  return candidates.find((candidate) => expression.test(candidate)) ?? textFor(pattern) ?? text;
}

function ofLength(text: string, bounds: { readonly least: number; readonly most: number }, evidence: Evidence): string {
  let out = text;
  for (const finding of evidence.findings) {
    if (out.length >= bounds.least) break;
    if (!out.includes(finding.text)) out = `${out} ${statement(finding)}`;
  }
  if (out.length < bounds.least) out = out.padEnd(bounds.least, ' …');
  if (out.length <= bounds.most) return out;
  const cut = shortened(out, Math.max(1, bounds.most));
  return cut.length >= bounds.least && cut.length <= bounds.most ? cut : out.slice(0, bounds.most);
}

function numeric(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}
