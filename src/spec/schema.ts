/** One thing that a value has wrong, as a Standard Schema library reports it. */
export interface SchemaIssue {
  readonly message: string;
  readonly path?: ReadonlyArray<PropertyKey | { readonly key: PropertyKey }> | undefined;
}

/** What a Standard Schema's `validate` answers. */
export type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: ReadonlyArray<SchemaIssue> };

/**
 * A Standard Schema that also has a JSON schema: zod 4, and any other library that implements both
 * (https://standardschema.dev). Crewline never imports zod for this.
 */
export interface Schema<Input = unknown, Output = Input> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown, options?: never) => SchemaResult<Output> | Promise<SchemaResult<Output>>;
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
    readonly jsonSchema: {
      readonly input: (options: { readonly target: 'draft-2020-12' }) => Record<string, unknown>;
      /** Of what `validate` yields. Throws where that cannot be said, as for a transform. Only reads paths in templates. */
      readonly output?: (options: { readonly target: 'draft-2020-12' }) => Record<string, unknown>;
    };
  };
}
