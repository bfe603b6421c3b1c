import { recall } from '../types.ts';

const LONGEST = 80;

interface Places {
  readonly [place: string]: string;
}

/** What differs between two definitions of a crew, a line each: where, what it was and what it is. */
export function changesBetween(before: string, now: string): readonly string[] {
  // Those of a large crew have tens of thousands of places, and nearly always the same.
  if (before === now) return [];
  return changedPlaces(placesOf(before), placesOf(now));
}

function changedPlaces(before: Places, now: Places): readonly string[] {
  const changes: string[] = [];
  for (const place in before) {
    const [was = '', is] = [before[place], now[place]];
    if (is === undefined) changes.push(`${place} is gone; it was ${short(was)}`);
    else if (was !== is) changes.push(`${place} was ${differing(was, is)}, and is ${differing(is, was)}`);
  }
  for (const place in now) {
    if (before[place] === undefined) changes.push(`${place} is new: ${short(now[place] ?? '')}`);
  }
  return changes;
}

/** A definition as `Program` writes it. */
function placesOf(definition: string): Places {
  return recall(JSON.parse(definition));
}

/** The part of a text in which it begins to differ from another. */
function differing(text: string, other: string): string {
  if (text.length <= LONGEST) return text;
  let at = 0;
  while (at < text.length && text[at] === other[at]) at += 1;
  const from = Math.max(0, at - LONGEST / 4);
  return `${from > 0 ? '…' : ''}${short(text.slice(from))}`;
}

function short(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}
