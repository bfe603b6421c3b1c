/** A value as it may stand in something longer, and the traces of it that must not be left there. */
export interface Spelled {
  readonly text: string;
  readonly traces: readonly string[];
}

/** How a value may be written inside of what a program produces, with what stands around it. */
export function spellingsOf(value: string, before = '', after = ''): Spelled[] {
  const around = `${before}${value}${after}`;
  const bytes = Buffer.from(around);
  return [
    { text: around, traces: [value] },
    { text: JSON.stringify(around), traces: [value, JSON.stringify(value).slice(1, -1)] },
    { text: `${before}${encodeURIComponent(value)}${after}`, traces: [value, encodeURIComponent(value)] },
    { text: bytes.toString('base64'), traces: cores(value, 'base64') },
    { text: bytes.toString('base64url'), traces: cores(value, 'base64url') },
    { text: bytes.toString('hex'), traces: [Buffer.from(value).toString('hex')] },
  ];
}

/** Every trace of a value that no output may hold. */
export function tracesOf(value: string): readonly string[] {
  const hex = Buffer.from(value).toString('hex');
  const traces = [value, encodeURIComponent(value), JSON.stringify(value).slice(1, -1), hex, hex.toUpperCase()];
  return [...new Set([...traces, ...cores(value, 'base64'), ...cores(value, 'base64url')])];
}

/** The characters of an encoding that depend on the value alone, for each of the three ways to be aligned. */
function cores(value: string, encoding: 'base64' | 'base64url'): string[] {
  return [0, 1, 2].map((shift) => {
    const bytes = Buffer.concat([Buffer.alloc(shift), Buffer.from(value)]);
    const text = bytes.toString(encoding).replace(/=+$/, '');
    return text.slice(Math.ceil((shift * 8) / 6), Math.floor((bytes.length * 8) / 6));
  });
}
