/** What two spellings of one agent's name have in common: case and spaces do not count. */
export function agentKey(name: string): string {
  return name.normalize('NFKC').toLowerCase().replace(/\s+/gu, '');
}
