import { expect, test } from 'vitest';
import { z } from 'zod';
import { jsonSchemaOf } from '../../src/internal/schema.ts';
import { strictSchema } from '../../src/models/openai-schema.ts';

const strict = (schema: z.ZodType) => strictSchema(jsonSchemaOf(schema));

test('a schema whose fields are all required is closed at every level', () => {
  const schema = z.object({
    title: z.string(),
    sources: z.array(z.object({ url: z.string(), year: z.int().nullable() })),
  });
  expect(strict(schema)).toMatchObject({
    additionalProperties: false,
    properties: { sources: { items: { additionalProperties: false, required: ['url', 'year'] } } },
  });
  expect(jsonSchemaOf(schema)).not.toHaveProperty(['properties', 'sources', 'items', 'additionalProperties']);
});

test('a schema is worked out once', () => {
  const schema = jsonSchemaOf(z.object({ a: z.string() }));
  expect(strictSchema(schema)).toBe(strictSchema(schema));
});

test.each([
  ['an optional field', z.object({ a: z.string().optional() })],
  ['an optional field deep inside', z.object({ a: z.array(z.object({ b: z.number().optional() })) })],
  ['a record', z.object({ a: z.record(z.string(), z.number()) })],
  ['a field of any type', z.object({ a: z.unknown() })],
  ['a bound on the length of a text', z.object({ a: z.string().max(10) })],
  ['a tuple', z.object({ a: z.tuple([z.string(), z.number()]) })],
  ['a default', z.object({ a: z.string().default('x') })],
  ['a pattern that looks around', z.object({ a: z.string().regex(/^(?=.*x).*$/) })],
  ['an object that takes more fields', z.looseObject({ a: z.string() })],
  ['a text at the top', z.string()],
  ['a union at the top', z.union([z.object({ a: z.string() }), z.object({ b: z.string() })])],
])('%s does not fit strict mode', (_, schema) => {
  expect(strict(schema)).toBeUndefined();
});

test.each([
  ['an enum', z.object({ a: z.enum(['x', 'y']) })],
  ['a literal', z.object({ a: z.literal('x') })],
  ['a union of objects', z.object({ a: z.union([z.object({ b: z.string() }), z.object({ c: z.number() })]) })],
  ['a bounded list and number', z.object({ a: z.array(z.number().min(1).max(9)).min(1).max(3) })],
  ['a plain pattern', z.object({ a: z.string().regex(/^[a-z]+$/) })],
])('%s fits strict mode', (_, schema) => {
  expect(strict(schema)).toBeDefined();
});

test('a recursive schema fits strict mode', () => {
  const node = z.object({
    name: z.string(),
    get children() {
      return z.array(node);
    },
  });
  expect(strict(z.object({ root: node }))).toBeDefined();
});

test('a schema nested deeper than ten levels does not fit strict mode', () => {
  let schema: z.ZodType = z.string();
  for (let depth = 0; depth < 12; depth += 1) schema = z.object({ inside: schema });
  expect(strict(schema)).toBeUndefined();
});
