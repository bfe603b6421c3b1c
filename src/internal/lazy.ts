/**
 * What loads on first use. The root import must stay light, but crews are built synchronously, so these come through
 * `require`, which Node hands out without importing anything (`process.getBuiltinModule`, Node 20.16).
 */
type Events = typeof import('eventemitter3');
type Zod = typeof import('zod');
type Handlebars = typeof import('handlebars');
type FileSystem = typeof import('node:fs');
type Path = typeof import('node:path');
type Crypto = typeof import('node:crypto');

function lazy<T>(load: () => T): () => T {
  let loaded: { readonly value: T } | undefined;
  return () => {
    loaded ??= { value: load() };
    return loaded.value;
  };
}

const require = lazy(() => process.getBuiltinModule('node:module').createRequire(import.meta.url));

/** eventemitter3, with the first run. As an import it would make Node set up its reader of CommonJS, most of `import 'crewline'`. */
export const eventEmitter = lazy((): Events => require()('eventemitter3'));
/** zod, for tools whose input is a plain JSON schema. 45 ms. */
export const zod = lazy((): Zod => require()('zod'));
/** Handlebars. About 20 ms. */
export const handlebars = lazy((): Handlebars => require()('handlebars'));
/** Node's file system, for the shipped templates. */
export const fileSystem = lazy((): FileSystem => process.getBuiltinModule('node:fs'));
export const filePath = lazy((): Path => process.getBuiltinModule('node:path'));
/** Node's cryptography, for the marks around text from outside. */
export const cryptography = lazy((): Crypto => process.getBuiltinModule('node:crypto'));
/** The folder of the installed package: where `prompts/` lies. */
export const packageFolder = lazy((): string => {
  const url = process.getBuiltinModule('node:url');
  return filePath().dirname(filePath().dirname(filePath().dirname(url.fileURLToPath(import.meta.url))));
});
