import { expect, test } from 'vitest';
import { z } from 'zod';
import { lookUp, type PathVerdict, yieldedSchema } from '../../src/plan/schema-path.ts';

function verdict(schema: z.ZodType, path: string): PathVerdict | 'believed' {
  const yielded = yieldedSchema(schema, undefined);
  return yielded === undefined ? 'believed' : lookUp(yielded, path === '' ? [] : path.split('.'));
}

const report = z.object({
  title: z.string(),
  note: z.string().optional(),
  score: z.number().nullable(),
  kind: z.enum(['news', 'opinion']),
  checked: z.boolean(),
  author: z.object({ name: z.string(), email: z.string().optional() }).optional(),
  items: z.array(z.object({ text: z.string() })),
  pair: z.tuple([z.string(), z.object({ unit: z.string() })]),
  counts: z.record(z.string(), z.object({ total: z.number() })),
  extra: z.any(),
  loose: z.looseObject({ a: z.string() }),
  level: z.number().default(1),
});

test('fields that are always there are known, at any depth', () => {
  const paths = ['', 'title', 'kind', 'items', 'items.0.text', 'pair.1.unit', 'level', 'title.length', 'items.length'];
  for (const path of paths) expect([path, verdict(report, path)]).toEqual([path, { kind: 'known' }]);
});

test('a field that may be absent or null is optional from there on', () => {
  expect(verdict(report, 'note')).toEqual({ kind: 'optional', at: 1 });
  expect(verdict(report, 'score')).toEqual({ kind: 'optional', at: 1 });
  expect(verdict(report, 'author')).toEqual({ kind: 'optional', at: 1 });
  expect(verdict(report, 'author.name')).toEqual({ kind: 'optional', at: 1 });
  expect(verdict(report, 'author.email')).toEqual({ kind: 'optional', at: 2 });
  expect(verdict(z.object({ a: z.object({ b: z.string() }).nullable() }), 'a.b')).toEqual({ kind: 'optional', at: 1 });
  expect(verdict(z.string().nullable(), '')).toEqual({ kind: 'optional', at: 0 });
});

test('a field that a schema does not have is unknown, and what there is instead is told', () => {
  expect(verdict(z.object({ a: z.string(), b: z.string() }), 'c')).toEqual({
    kind: 'unknown',
    at: 0,
    type: 'an object',
    fields: ['a', 'b'],
  });
  expect(verdict(report, 'author.nmae')).toMatchObject({ kind: 'unknown', at: 1, fields: ['name', 'email'] });
  expect(verdict(report, 'title.x')).toEqual({ kind: 'unknown', at: 1, type: 'text', fields: [] });
  expect(verdict(report, 'kind.x')).toMatchObject({ kind: 'unknown', type: 'text' });
  expect(verdict(report, 'items.text')).toEqual({ kind: 'unknown', at: 1, type: 'a list', fields: [] });
  expect(verdict(report, 'items.0.txt')).toMatchObject({ kind: 'unknown', at: 2, fields: ['text'] });
  expect(verdict(report, 'score.x')).toMatchObject({ kind: 'unknown', at: 1, type: 'a number' });
  expect(verdict(report, 'checked.x')).toMatchObject({ kind: 'unknown', at: 1, type: 'true or false' });
  expect(verdict(z.object({ a: z.literal(['x', 'y']) }), 'a.b')).toMatchObject({ kind: 'unknown', type: 'text' });
});

test('names that every object inherits are not fields', () => {
  for (const name of ['constructor', 'toString', '__proto__']) {
    expect(verdict(z.object({ a: z.string() }), name)).toMatchObject({ kind: 'unknown' });
  }
});

test('in a union a field that only some have may be absent; one that none has is unknown', () => {
  const union = z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('a'), text: z.string(), only: z.string() }),
    z.object({ kind: z.literal('b'), text: z.string() }),
  ]);
  expect(verdict(union, 'text')).toEqual({ kind: 'known' });
  expect(verdict(union, 'only')).toEqual({ kind: 'optional', at: 1 });
  expect(verdict(union, 'none')).toMatchObject({ kind: 'unknown', at: 0, fields: ['kind', 'text', 'only'] });
  expect(verdict(z.object({ u: union.nullable() }), 'u.text')).toEqual({ kind: 'optional', at: 1 });
  expect(verdict(z.object({ u: union.nullable() }), 'u.none')).toMatchObject({ kind: 'unknown', at: 1 });
});

test('schemas that refer to themselves are followed as far as the path goes', () => {
  const node = z.object({
    value: z.string(),
    get next() {
      return node.optional();
    },
    get children() {
      return z.array(node);
    },
  });
  expect(verdict(node, 'children.0.children.1.value')).toEqual({ kind: 'known' });
  expect(verdict(node, 'next.value')).toEqual({ kind: 'optional', at: 1 });
  expect(verdict(node, 'children.0.vlaue')).toMatchObject({ kind: 'unknown', at: 2 });
  expect(verdict(z.object({ left: node, right: node }), 'right.children.0.value')).toEqual({ kind: 'known' });
});

test('what is open or too clever is believed', () => {
  const believed = ['extra', 'extra.any.thing', 'counts.total', 'counts.x.total', 'loose.b', 'loose.b.c'];
  for (const path of believed) expect([path, verdict(report, path)]).toEqual([path, { kind: 'known' }]);
  const clever = [
    { allOf: [{ type: 'object', properties: { a: {} } }] },
    { type: 'object', properties: {}, patternProperties: { '^x': {} } },
    { properties: { a: {} }, anyOf: [{ required: ['a'] }] },
    { $ref: 'https://example.com/schema' },
    { $ref: '#/$defs/missing' },
    { $ref: '#/$defs/list/0/x', $defs: { list: [{ x: true }] } },
    { $ref: '#/$defs/loop', $defs: { loop: { $ref: '#/$defs/loop' } } },
    { type: ['string', 'number'] },
    { enum: [] },
    {},
  ];
  for (const schema of clever) expect([schema, lookUp(schema, ['x', 'y'])]).toEqual([schema, { kind: 'known' }]);
});

test('types are read from constants, and escaped names in references are understood', () => {
  expect(lookUp({ const: null }, ['x'])).toEqual({ kind: 'optional', at: 0 });
  expect(lookUp({ enum: ['a', null] }, ['x'])).toMatchObject({ kind: 'unknown', type: 'text' });
  const schema = { $ref: '#/$defs/a~1b', $defs: { 'a/b': { properties: { x: {} }, required: ['x'] } } };
  expect(lookUp(schema, ['x'])).toEqual({ kind: 'known' });
  expect(lookUp(schema, ['y'])).toMatchObject({ kind: 'unknown', fields: ['x'] });
});

test('where only the schema of what goes in is known, a field with a default counts as present', () => {
  const schema = { type: 'object', properties: { a: { type: 'string', default: 'x' } } };
  expect(lookUp(schema, ['a'])).toEqual({ kind: 'known' });
});

test('paths are read from what a schema yields: transforms are believed, pipes are followed', () => {
  expect(verdict(z.object({ a: z.string().transform((text) => ({ size: text.length })) }), 'a.size')).toBe('believed');
  const piped = z
    .object({ a: z.string() })
    .transform(({ a }) => ({ size: a.length }))
    .pipe(z.object({ size: z.number() }));
  expect(verdict(piped, 'size')).toEqual({ kind: 'known' });
  expect(verdict(piped, 'a')).toMatchObject({ kind: 'unknown' });
});

test('a library that does not tell in from out is asked for what goes in', () => {
  const standard = z.object({ a: z.string() })['~standard'];
  const schema = { '~standard': { ...standard, jsonSchema: { input: standard.jsonSchema.input } } };
  const input = { type: 'object', properties: { b: {} } };
  expect(yieldedSchema(schema, input)).toBe(input);
});
