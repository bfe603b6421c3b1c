/** Anything JSON can hold. Inputs, outputs and tool results are of this type on every engine. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;

/** A JSON object. */
export interface JsonObject {
  readonly [key: string]: Json;
}

/** A JSON schema (draft 2020-12), as it goes to a model. */
export type JsonSchema = { readonly [key: string]: unknown };
