/** A folder of documents. Only three of them say anything about ferries. */
export const HARBOUR: Readonly<Record<string, string>> = {
  'timetable.md': `# Timetable

The first ferry leaves the north pier at 6:40 and needs 55 minutes.

## Winter

Between November and March only two ferries run each day.
`,
  'prices/tickets.md': '# Tickets\n\nA ticket for the ferry costs 12 euros, and children travel free.\n',
  'history.md': '# History\n\nThe ferry service was founded by eleven fishermen in 1887.\n',
  'lighthouse.md': '# Lighthouse\n\nThe lighthouse is 42 metres high and was painted red in 1953.\n',
  'notes.txt': 'The ferry captain likes strong tea.\n',
};
