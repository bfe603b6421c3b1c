import type { JsonSchema } from '../../spec/json.ts';
import type { Evidence, Field } from './evidence.ts';
import { numbersIn } from './literals.ts';

/** A number within its bounds: one from a fitting statement, else a count, else the middle of what is allowed. */
export function numberFor(schema: JsonSchema, field: Field, evidence: Evidence): number {
  const fix = evidence.fixes.get(field.path);
  const numeric = (key: string): number | undefined => (typeof schema[key] === 'number' ? schema[key] : undefined);
  const whole = schema['type'] === 'integer' || (Array.isArray(schema['type']) && schema['type'].includes('integer'));
  const multiple = numeric('multipleOf');
  const step = multiple ?? (whole ? 1 : 0.001);
  const below = numeric('exclusiveMaximum');
  const above = numeric('exclusiveMinimum');
  const most = Math.min(
    numeric('maximum') ?? Number.POSITIVE_INFINITY,
    below === undefined ? Number.POSITIVE_INFINITY : below - step,
    fix?.most ?? Number.POSITIVE_INFINITY,
  );
  const least = Math.max(
    numeric('minimum') ?? Number.NEGATIVE_INFINITY,
    above === undefined ? Number.NEGATIVE_INFINITY : above + step,
    fix?.least ?? Number.NEGATIVE_INFINITY,
  );
  const wanted = found(field, evidence) ?? (Number.isFinite(most) && Number.isFinite(least) ? (most + least) / 2 : 0);
  const inside = Math.min(most, Math.max(least, wanted));
  return inGrid(inside, { step: whole || multiple !== undefined ? step : undefined, least, most });
}

function found(field: Field, evidence: Evidence): number | undefined {
  const best = field.about ?? evidence.best(field.name, '');
  const plain = best?.text
    .split('`')
    .filter((_, index) => index % 2 === 0)
    .join(' ')
    .split(',')
    .join('');
  const first = plain === undefined ? undefined : numbersIn(plain)[0];
  if (first !== undefined && evidence.best(field.name, '') !== undefined) return first;
  return /count|total|number|amount/i.test(field.name) ? evidence.findings.length : undefined;
}

function inGrid(
  value: number,
  { step, least, most }: { readonly step: number | undefined; readonly least: number; readonly most: number },
): number {
  if (step === undefined) return value;
  const near = Math.round(value / step) * step;
  if (near > most) return Math.floor(most / step) * step;
  return near < least ? Math.ceil(least / step) * step : near;
}
