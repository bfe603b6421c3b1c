/** Words that carry no subject: neither of a question nor of a text. */
const STOP = new Set(
  `a about above across after again all also although always am an and any are as at be because been before being below
  between both but by can cannot could did do does doing done down during each either else etc every few for from further
  get gets give given go good had has have having he her here hers him his how however i if in instead into is it its itself
  just know least less let like made make makes many may me might more most much must my name named neither no nor not
  nothing now of off often on once one only onto or other our out over own per please quite rather same say says see shall
  she should show since so some still such take tell than that the their them then there these they thing things this those
  though through to too under until up upon us use used uses using very via want was way we well were what when where
  whether which while who whom whose why will with within without would write writing written yet you your
  research document notes folder read fit best gather check publish article promising matter weightiest different
  answer output task result text find found report short list item word sentence bullet line paragraph describe explain
  summarise summarize name file folder main true fact source content expected return include`
    .split(/\s/)
    .filter((word) => word !== ''),
);

/** A word without its common endings, so that `dependencies` meets `dependency`. Crude, and the same for both sides. */
export function stem(word: string): string {
  if (word.length > 4 && word.endsWith('ies')) return `${word.slice(0, -3)}y`;
  if (word.length > 5 && word.endsWith('ing')) return word.slice(0, -3);
  if (word.length > 4 && word.endsWith('ed')) return word.slice(0, -2);
  if (word.length > 4 && /(?:ss|sh|ch|x|z)es$/.test(word)) return word.slice(0, -2);
  if (word.length > 3 && word.endsWith('s') && !word.endsWith('ss')) return word.slice(0, -1);
  return word;
}

/** The words of a text in lower case; `readFile` counts as `read` and `file`, too. */
export function wordsOf(text: string): string[] {
  const found: string[] = [];
  for (const [word] of text.matchAll(/[\p{L}\p{N}]+/gu)) {
    const parts = word
      .replace(/(?<=\p{Ll})(?=\p{Lu})/gu, ' ')
      .toLowerCase()
      .split(' ');
    found.push(...parts);
    if (parts.length > 1) found.push(word.toLowerCase());
  }
  return found;
}

/** The stems that carry a subject, in order, with repeats. */
export function termsOf(text: string): string[] {
  return wordsOf(text)
    .filter((word) => word.length > 1 && !STOP.has(word))
    .map(stem);
}

/** How many words a reader counts. */
export function countWords(text: string): number {
  let count = 0;
  let inside = false;
  for (const char of text) {
    const letter = char > ' ';
    if (letter && !inside) count += 1;
    inside = letter;
  }
  return count;
}

const ABBREVIATIONS = new Set([
  'e.g',
  'i.e',
  'etc',
  'vs',
  'cf',
  'mr',
  'mrs',
  'ms',
  'dr',
  'st',
  'no',
  'fig',
  'approx',
  'inc',
  'ca',
  'incl',
  'resp',
]);

/** Splits running text into sentences; a dot inside a name, a version or an abbreviation ends none. */
export function sentencesOf(text: string): string[] {
  const sentences: string[] = [];
  let start = 0;
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at];
    if (char !== '.' && char !== '!' && char !== '?') continue;
    let end = at + 1;
    while (end < text.length && '"\')”’*_`'.includes(text[end] ?? '')) end += 1;
    const next = text[end];
    if (next !== undefined && next > ' ') continue;
    const following = text.slice(end, end + 3).trimStart()[0];
    if (following !== undefined && /\p{Ll}/u.test(following)) continue;
    if (char === '.' && ABBREVIATIONS.has(lastWord(text, at))) continue;
    sentences.push(text.slice(start, end).trim());
    start = end;
  }
  const rest = text.slice(start).trim();
  if (rest !== '') sentences.push(rest);
  return sentences;
}

function lastWord(text: string, end: number): string {
  let start = end;
  while (start > 0 && end - start < 12 && /[\p{L}.]/u.test(text[start - 1] ?? '')) start -= 1;
  return text.slice(start, end).toLowerCase();
}

/** True for a whole sentence that a person wrote to be read: no code, no table, no fragment. */
export function isProse(sentence: string): boolean {
  if (sentence.length < 24 || sentence.length > 360) return false;
  if (!/^["“'(]?[\p{Lu}\p{N}`@]/u.test(sentence) || !/[.!?]["”')`]?$/.test(sentence)) return false;
  if (countWords(sentence) < 4) return false;
  let letters = 0;
  let strange = 0;
  let ticks = 0;
  for (const char of sentence) {
    if (char === '`') ticks += 1;
    // What stands between ticks is quoted and may look like code.
    if (ticks % 2 === 1) letters += 1;
    else if (/[\p{L} ]/u.test(char)) letters += 1;
    else if ('{}[]<>|\\=;$#~^*_'.includes(char)) strange += 1;
  }
  return ticks % 2 === 0 && letters >= sentence.length * 0.75 && strange <= 1;
}

/** What two sentences must share to count as the same: their letters and digits. */
export function sameness(sentence: string): string {
  return wordsOf(sentence).join(' ');
}

/** `a`, `a and b`, `a, b and c`. */
export function joined(items: readonly string[]): string {
  if (items.length <= 1) return items.join('');
  return `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`;
}

/** The first few of a list, and how many more there are. */
export function few(items: readonly string[], count: number): string {
  if (items.length <= count) return joined(items);
  return `${items.slice(0, count).join(', ')} and ${items.length - count} more`;
}

/** `1 file`, `12 files`, `1,240 files`. */
export function counted(count: number, noun: string, plural = `${noun}s`): string {
  return `${count.toLocaleString('en-US')} ${count === 1 ? noun : plural}`;
}

/** Text as one line of at most `length` characters, cut behind a word. */
export function shortened(text: string, length: number): string {
  const line = text
    .split(/\s/)
    .filter((word) => word !== '')
    .join(' ');
  if (line.length <= length) return line;
  const cut = line.slice(0, length - 1);
  const space = cut.lastIndexOf(' ');
  return `${space > length / 2 ? cut.slice(0, space) : cut}…`;
}

const LEANING =
  /^(?:However|But|This|These|That|Those|It|They|He|She|So|And|Or|Also|Then|Therefore|Thus|Hence|Instead|Otherwise|Note|Please|If you|Such|Both|Here|See|For example|In this|As such|\()/;

/** True for a sentence that leans on the one before it, so that it says little alone. */
export function leans(sentence: string): boolean {
  return LEANING.test(sentence);
}
