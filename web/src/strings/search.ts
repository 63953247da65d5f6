/** For whoever looks for letters. */
export const search = {
  label: 'Search mail',
  title: 'Found',
  clear: 'Clear the search',
  narrow: 'Narrow it down',
  operators: ['from:', 'to:', 'subject:', 'has:attachment', 'is:unread', 'in:', 'label:', 'after:2026-01-31'],
  mistaken: (why: string) => `This search makes no sense: ${why}.`,
  nothing: 'Nothing found.',
  nothingMore: 'Words are found by how they begin. Spam and trash are left out: in:trash looks there.',
  loading: 'Older mail is still being loaded; it will be searched then.',
  reading: (read: number, all: number) =>
    `Reading the words of older letters: ${read} of ${all}. Until then they are found by subject and people.`,
} as const;
