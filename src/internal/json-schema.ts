import type { Json, JsonObject, JsonSchema } from '../spec/json.ts';
import { isJson, isJsonObject } from './json.ts';
import { zod } from './lazy.ts';
import { describeIssues } from './schema.ts';

/** What a plain JSON schema says of a value. */
export interface Validated {
  readonly value: JsonObject | undefined;
  readonly problems: readonly string[];
}

/** A validator for a plain JSON schema, made once. */
export function validatorOf(schema: JsonSchema): (value: Json) => Validated {
  const parser = zod().fromJSONSchema(schema);
  return (value) => {
    const result = parser.safeParse(value);
    if (!result.success) return { value: undefined, problems: describeIssues(result.error.issues) };
    const parsed: unknown = result.data;
    if (isJson(parsed) && isJsonObject(parsed)) return { value: parsed, problems: [] };
    return { value: undefined, problems: ['the arguments must be an object'] };
  };
}
