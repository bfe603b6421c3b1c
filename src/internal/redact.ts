/** What stands in a secret's place. */
export const HIDDEN = '[secret]';
/** A shorter value is a word or a placeholder rather than a secret: hiding it would only spoil text. */
const SHORTEST_SECRET = 8;

/** Every spelling of the values that are known to be secret, with how many own it. One for the process: a secret is to be hidden wherever it shows. */
const spellings = new Map<string, number>();
/** The same, longest first, since one secret may hold another; made when first needed. */
let longestFirst: readonly string[] | undefined;
/** A text of fewer characters holds none of them. Most texts are shorter than a key, and cost no search. */
let shortest = 0;

/** True when any secret is known by its value. */
export function knowsSecrets(): boolean {
  return spellings.size > 0;
}

/**
 * Makes a value known as secret, in all its spellings: as it is, in JSON, in a URL, in base64 and in hex.
 * @returns how to forget it again.
 */
export function hideValue(value: string): () => void {
  const own = value.length < SHORTEST_SECRET ? [] : spellingsOf(value);
  for (const spelling of own) spellings.set(spelling, (spellings.get(spelling) ?? 0) + 1);
  longestFirst = undefined;
  return () => {
    for (const spelling of own.splice(0)) {
      const owners = (spellings.get(spelling) ?? 1) - 1;
      if (owners > 0) spellings.set(spelling, owners);
      else spellings.delete(spelling);
    }
    longestFirst = undefined;
  };
}

/**
 * A text without secrets: without the values that were made known, and without what looks like a key (`sk-…`, `Bearer …`,
 * a key in a URL). What is not a secret stays as it is. Linear in the text.
 */
export function redact(text: string): string {
  return hidePatterns(redactKnown(text));
}

/** The same for known values only: for texts of which there are many, and which are a user's own. */
export function redactKnown(text: string): string {
  if (spellings.size === 0) return text;
  if (longestFirst === undefined) {
    longestFirst = [...spellings.keys()].sort((a, b) => b.length - a.length);
    shortest = longestFirst.at(-1)?.length ?? 0;
  }
  if (text.length < shortest) return text;
  let clean = text;
  for (const spelling of longestFirst) if (clean.includes(spelling)) clean = clean.replaceAll(spelling, HIDDEN);
  return clean;
}

/** The beginning of a text, without secrets, and without the half of one that the cut went through. `length` in characters. */
export function redactedStart(text: string, length: number): string {
  let longest = 0;
  for (const spelling of spellings.keys()) longest = Math.max(longest, spelling.length);
  const start = text.slice(0, length + longest);
  const clean = redact(start);
  // What the first cut leaves of a secret is not recognised, so a second cut takes away all that it may have left.
  const whole = start.length === text.length ? clean.length : Math.max(0, clean.length - longest);
  return clean.slice(0, Math.min(length, whole));
}

/** JSON with every text in it gone through `hide`; the very same object when there was nothing to hide. */
export function redactAll<T>(value: T, hide?: (text: string) => string): T;
export function redactAll(value: unknown, hide: (text: string) => string = redactKnown): unknown {
  if (typeof value === 'string') return hide(value);
  return isHiddenIn(value, hide) ? rewritten(value, hide) : value;
}

/** Looks only, and makes nothing: most values hold no secret. */
function isHiddenIn(value: unknown, hide: (text: string) => string): boolean {
  if (typeof value === 'string') return hide(value) !== value;
  if (Array.isArray(value)) return value.some((entry) => isHiddenIn(entry, hide));
  if (!isPlain(value)) return false;
  for (const key in value) if (hide(key) !== key || isHiddenIn(value[key], hide)) return true;
  return false;
}

function rewritten(value: unknown, hide: (text: string) => string): unknown {
  if (typeof value === 'string') return hide(value);
  if (Array.isArray(value)) return value.map((entry) => rewritten(entry, hide));
  if (!isPlain(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [hide(key), rewritten(entry, hide)]));
}

function isPlain(value: unknown): value is { readonly [key: string]: unknown } {
  if (typeof value !== 'object' || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

// Every repetition is bounded, so that no text can make these slow, or run them out of stack.
const KEYS =
  /\b(?:sk|pk|rk|gsk|xai)-(?:[\w*-]{16,4096}|(?=[\w-]{0,14}[\d*])[\w*-]{8,15})|\bgithub_pat_\w{20,255}|\bgh[opsu]_\w{20,255}|\bAKIA[0-9A-Z]{16}\b|\bAIza[\w-]{30,64}|\bxox[abprs]-[\w-]{10,255}/g;
const HEADERS =
  /(\b(?:authorization|api-key|x-api-key)["'\\]{0,4}\s{0,4}[:=]\s{0,4}["'\\]{0,4}(?:(?:Bearer|Basic|Token)\s{1,4})?)[\w.~+/=*-]{4,4096}/gi;
const BEARERS = /\b(Bearer|bearer|Basic)(\s{1,4})(?=[\w~+/-]{0,64}[\d*_=.-]|[\w~+/-]{20})[\w.~+/=*-]{6,4096}/g;
const IN_URLS =
  /([?&](?:api[-_]?key|key|token|access[-_]token|auth|password|secret|sig|signature)=)[^&#\s"'<>\\]{1,4096}/gi;
const IN_AUTHORITIES = /(:\/\/[^\s/:@?#"]{0,64}:)[^\s/@"]{1,256}@/g;

function hidePatterns(text: string): string {
  return text
    .replace(KEYS, HIDDEN)
    .replace(HEADERS, `$1${HIDDEN}`)
    .replace(BEARERS, `$1$2${HIDDEN}`)
    .replace(IN_URLS, `$1${HIDDEN}`)
    .replace(IN_AUTHORITIES, `$1${HIDDEN}@`);
}

function spellingsOf(value: string): string[] {
  const bytes = new TextEncoder().encode(value);
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  const all = new Set([value, JSON.stringify(value).slice(1, -1), inURL(value)]);
  for (const spelling of [hex, hex.toUpperCase(), ...base64Of(bytes)]) all.add(spelling);
  return [...all];
}

function inURL(value: string): string {
  try {
    return encodeURIComponent(value);
  } catch {
    // Half a character: such a value cannot be in a URL.
    return value;
  }
}

/** A value inside something longer that was encoded: where it begins decides how it is spelled, in three ways. */
function base64Of(bytes: Uint8Array): string[] {
  const found: string[] = [];
  for (const before of [0, 1, 2]) {
    const binary = '\0'.repeat(before) + Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
    // The first and the last character also hold bits of what stands beside the value.
    const whole = btoa(binary).slice(before === 0 ? 0 : before + 1, Math.floor((binary.length * 8) / 6));
    if (whole.length >= SHORTEST_SECRET) found.push(whole, whole.replaceAll('+', '-').replaceAll('/', '_'));
  }
  return found;
}
