let quiet = false;

/** Node says of its SQLite, whenever it loads, that it is experimental: nothing that who runs a crew could do about. */
export function quietSqlite(): void {
  if (quiet) return;
  quiet = true;
  process.emitWarning = new Proxy(process.emitWarning, {
    apply(emitWarning, self, words: readonly unknown[]) {
      const [warning, type] = words;
      if (type === 'ExperimentalWarning' && String(warning).includes('SQLite')) return;
      Reflect.apply(emitWarning, self, words);
    },
  });
}
