/**
 * A function that keeps what `make` made for a text. It holds between `limit` and twice as many results: a text that was
 * not asked for while `limit` others were new is forgotten, and made again when it comes back.
 */
export function remember<Value>(limit: number, make: (key: string) => Value): (key: string) => Value {
  let young = new Map<string, Value>();
  let old = new Map<string, Value>();
  return (key) => {
    const known = young.get(key);
    if (known !== undefined) return known;
    const value = old.get(key) ?? make(key);
    if (young.size >= limit) {
      old = young;
      young = new Map();
    }
    young.set(key, value);
    return value;
  };
}
