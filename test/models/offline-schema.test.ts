import fc from 'fast-check';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { isJson, parseJson } from '../../src/internal/json.ts';
import { jsonSchemaOf } from '../../src/internal/schema.ts';
import type { JsonSchema } from '../../src/spec/json.ts';
import type { Message } from '../../src/spec/message.ts';
import { listFiles, readFile, searchFiles } from '../../src/tools/index.ts';
import { RUNS } from '../sizes.ts';
import { folderWith } from '../tools/workspaces.ts';
import { collectParts, drive, taskMessage } from './offline-drive.ts';

const NOTES = {
  notes:
    'Otters weigh up to 45 kilograms (`otters.md`).\n\n- There are 13 species of otters (`species.md`).\n- The risk to them is high where rivers are dirty (`risk.md`).',
};

async function filled(schema: JsonSchema, description = 'Sum up what is known about otters.'): Promise<unknown> {
  const { text } = await drive(taskMessage(description, 'The facts', NOTES), { output: schema });
  const parsed = parseJson(text);
  if (!parsed.ok) throw new Error(parsed.problem);
  return parsed.value;
}

test('fields get what their names ask for', async () => {
  const shape = z.object({
    title: z.string().max(60),
    summary: z.string(),
    findings: z
      .array(z.object({ fact: z.string(), file: z.string(), risk: z.enum(['low', 'high', 'unknown']) }))
      .min(2),
    species: z.number().int(),
    sources: z.array(z.string()).optional(),
  });
  const value = shape.parse(await filled(jsonSchemaOf(shape)));
  expect(value.findings).toContainEqual({
    fact: 'There are 13 species of otters.',
    file: 'species.md',
    risk: 'unknown',
  });
  expect(value.findings.map((one) => one.risk)).toContain('high');
  expect(value.species).toBe(13);
  expect(value.summary).toContain('not a language model');
});

test('facts come out of files into a schema, each with its file', async () => {
  const folder = await folderWith({
    'a.md': 'The Danube flows through ten countries before it reaches the Black Sea.',
    'b.md': 'The Danube is 2850 kilometres long from its source to its delta.',
  });
  const shape = z.object({
    findings: z
      .array(z.object({ statement: z.string().min(1), file: z.string().min(1) }))
      .min(1)
      .max(12),
  });
  const tools = [listFiles({ folder }), readFile({ folder }), searchFiles({ folder })];
  const { text } = await drive(taskMessage('Find out what the documents say about "the Danube".', 'Findings'), {
    tools,
    output: jsonSchemaOf(shape),
  });
  expect(shape.parse(JSON.parse(text)).findings).toEqual(
    expect.arrayContaining([
      { statement: 'The Danube flows through ten countries before it reaches the Black Sea.', file: 'a.md' },
      { statement: 'The Danube is 2850 kilometres long from its source to its delta.', file: 'b.md' },
    ]),
  );
});

const Tree = z.object({
  name: z.string(),
  get children() {
    return z.array(Tree);
  },
});

test.each<[string, z.ZodType]>([
  [
    'formats',
    z.object({ mail: z.email(), site: z.url(), day: z.iso.date(), at: z.iso.datetime(), id: z.uuid(), ip: z.ipv4() }),
  ],
  [
    'patterns',
    z.object({
      code: z.string().regex(/^[A-Z]{3}-\d{4}$/),
      slug: z.string().regex(/^[a-z]+(?:-[a-z]+)*$/),
      any: z.string().regex(/(?:foo|bar)\s+baz?/),
    }),
  ],
  [
    'bounds',
    z.object({
      a: z.number().min(3).max(4),
      b: z.number().int().gt(5),
      c: z.number().multipleOf(5).max(-3),
      d: z.string().min(500),
      e: z.string().length(3),
    }),
  ],
  ['a union', z.union([z.object({ kind: z.literal('a'), x: z.number() }), z.object({ kind: z.literal('b') })])],
  [
    'a discriminated union',
    z.discriminatedUnion('kind', [
      z.object({ kind: z.literal('a'), x: z.string() }),
      z.object({ kind: z.literal('b') }),
    ]),
  ],
  ['an intersection', z.intersection(z.object({ a: z.string() }), z.object({ b: z.number() }))],
  ['null and optional', z.object({ a: z.string().nullable(), b: z.null(), c: z.boolean().optional() })],
  ['a tuple', z.tuple([z.string(), z.number()])],
  ['a record', z.record(z.enum(['x', 'y']), z.number())],
  ['an open record', z.record(z.string(), z.string())],
  ['many items', z.array(z.object({ n: z.string() })).min(20)],
  ['no items', z.array(z.string()).max(0)],
  ['a tree', Tree],
  ['anything', z.object({ x: z.any(), y: z.unknown() })],
  ['a plain text', z.string()],
  ['a number', z.number()],
])('the value satisfies a schema with %s', async (_, shape) => {
  const value = await filled(jsonSchemaOf(shape));
  expect(shape.safeParse(value)).toMatchObject({ success: true });
});

const name = fc.constantFrom('title', 'file', 'count', 'risk', 'summary', 'items', 'isOk', 'x', 'score');
const { shape } = fc.letrec<{ shape: z.ZodType }>((tie) => ({
  shape: fc.oneof(
    { maxDepth: 3, depthIdentifier: 'shape' },
    fc.record({ least: fc.nat(40), more: fc.nat(400) }).map(({ least, more }) =>
      z
        .string()
        .min(least)
        .max(least + more),
    ),
    fc.constant(z.boolean()),
    fc.record({ least: fc.integer({ min: -50, max: 50 }), more: fc.nat(100) }).map(({ least, more }) =>
      z
        .number()
        .int()
        .min(least)
        .max(least + more),
    ),
    fc.double({ min: -9, max: 9, noNaN: true }).map((least) => z.number().gt(least)),
    fc.uniqueArray(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 4 }).map((options) => z.enum(options)),
    fc.constant(z.null()),
    fc.tuple(tie('shape'), fc.nat(3), fc.nat(5)).map(([item, least, more]) =>
      z
        .array(item)
        .min(least)
        .max(least + more),
    ),
    fc.tuple(tie('shape'), tie('shape')).map(([a, b]) => z.union([a, b])),
    fc.dictionary(name, tie('shape'), { maxKeys: 4, noNullPrototype: true }).map((fields) => z.object(fields)),
    tie('shape').map((inner) => z.object({ wrapped: inner.optional() })),
    tie('shape').map((inner) => inner.nullable()),
  ),
}));

test('whatever the schema, the value is JSON that satisfies it', async () => {
  await fc.assert(
    fc.asyncProperty(shape, async (made) => {
      const value = await filled(jsonSchemaOf(z.object({ answer: made })));
      expect(isJson(value)).toBe(true);
      expect(z.object({ answer: made }).safeParse(value).error?.issues).toBeUndefined();
    }),
    { numRuns: RUNS },
  );
  expect(Object.keys(Object.prototype)).toEqual([]);
});

async function repaired(schema: JsonSchema, feedback: string): Promise<unknown> {
  const messages: Message[] = [
    { role: 'user', content: taskMessage('Sum up what is known about otters.', 'The facts', NOTES) },
    { role: 'assistant', content: '{}' },
    { role: 'user', content: feedback },
  ];
  const [part] = await collectParts({ messages, stream: false, output: { name: 'answer', schema } });
  return part?.type === 'text' ? JSON.parse(part.text) : undefined;
}

test.each<[string, z.ZodType, (value: unknown) => boolean]>([
  [
    '- headline: Too big: expected string to have <=20 characters',
    z.object({ headline: z.string() }),
    (value) => z.object({ headline: z.string().max(20) }).safeParse(value).success,
  ],
  [
    '- headline: Invalid string: must start with "OTTER"',
    z.object({ headline: z.string() }),
    (value) => z.object({ headline: z.string().startsWith('OTTER') }).safeParse(value).success,
  ],
  [
    '- headline: write it in upper case',
    z.object({ headline: z.string() }),
    (value) => z.object({ headline: z.string().uppercase() }).safeParse(value).success,
  ],
  [
    '- score: Too big: expected number to be <=3',
    z.object({ score: z.number() }),
    (value) => z.object({ score: z.number().max(3) }).safeParse(value).success,
  ],
  [
    '- tags: Too small: expected array to have >=9 items',
    z.object({ tags: z.array(z.string()) }),
    (value) => z.object({ tags: z.array(z.string()).min(9) }).safeParse(value).success,
  ],
  [
    '- items[1].name: must include "fish"',
    z.object({ items: z.array(z.object({ name: z.string() })) }),
    (value) => z.object({ items: z.array(z.object({ name: z.string().includes('fish') })) }).safeParse(value).success,
  ],
])('a repair is heeded: %s', async (problem, made, fits) => {
  const value = await repaired(
    jsonSchemaOf(made),
    `Your answer does not have the required format:\n${problem}\n\nAnswer again.`,
  );
  expect([value, fits(value)]).toEqual([value, true]);
});
