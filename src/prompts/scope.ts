/** A value as a template reaches it: under `path` from the top, or, like the items of a list, under none. */
export interface Place {
  readonly path: readonly string[] | undefined;
  /** What a partial was handed as name=value, which hides what the place itself has under these names. */
  readonly fields: ReadonlyMap<string, Place> | undefined;
}

/** Where in a template we stand: what `this` is, what `../` leads to, and which conditions hold here. */
export interface Scope {
  readonly here: Place;
  readonly above: Scope | undefined;
  /** Names after `as`. */
  readonly names: ReadonlyMap<string, Place>;
  /** Paths that are known to have a value. */
  readonly given: readonly (readonly string[])[];
}

const NO_NAMES: ReadonlyMap<string, Place> = new Map();
/** A value without a path. Each is one of its own: two items are not the same item. */
export function nowhere(): Place {
  return placeAt(undefined);
}

export function placeAt(path: Place['path']): Place {
  return { path, fields: undefined };
}

/** The top of a template, or of a partial that is handed `here`. A partial sees neither `../` nor names of its caller. */
export function topScope(here: Place, given: Scope['given'] = []): Scope {
  return { here, above: undefined, names: NO_NAMES, given };
}

/** The scope where `place` is known to have a value. */
export function given(scope: Scope, place: Place): Scope {
  return place.path === undefined || place.path.length === 0
    ? scope
    : { ...scope, given: [...scope.given, place.path] };
}

/** The scope of a block whose `this` is `here`. Handlebars counts no level for `../` where `this` stays the same. */
export function inside(scope: Scope, here: Place, names: ReadonlyMap<string, Place>): Scope {
  const same = here === scope.here || (here.path !== undefined && samePath(here.path, scope.here.path));
  return {
    here,
    above: same ? scope.above : scope,
    names: names.size === 0 ? scope.names : new Map([...scope.names, ...names]),
    given: scope.given,
  };
}

function samePath(a: readonly string[], b: readonly string[] | undefined): boolean {
  return b !== undefined && a.length === b.length && startsWith(a, b);
}

/** True when `path` is `start`, or lies below it. */
export function startsWith(path: readonly string[], start: readonly string[]): boolean {
  return start.length <= path.length && start.every((part, index) => part === path[index]);
}

/** What a path means in a scope; nothing when its `../` lead out of the template. */
export function resolve(path: hbs.AST.PathExpression, scope: Scope): Place | undefined {
  const [first, ...rest] = path.parts;
  if (path.data) return first === 'root' ? placeAt(rest) : nowhere();
  let at: Scope | undefined = scope;
  for (let level = path.depth; level > 0 && at !== undefined; level -= 1) at = at.above;
  if (at === undefined) return undefined;
  const scoped = path.depth > 0 || /^(\.|this\b)/.test(path.original);
  const named = scoped || first === undefined ? undefined : scope.names.get(first);
  return named === undefined ? path.parts.reduce(fieldOf, at.here) : rest.reduce(fieldOf, named);
}

function fieldOf(place: Place, name: string): Place {
  return place.fields?.get(name) ?? (place.path === undefined ? nowhere() : placeAt([...place.path, name]));
}
