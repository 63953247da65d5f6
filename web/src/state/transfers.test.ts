import { expect, test, vi } from 'vitest';
import type { Transfer } from '../engine/api';

vi.mock('#engine', () => ({ start: () => ({ engine: {}, listen: () => {} }) }));
const { gather, secondsLeft } = await import('./transfers.svelte');

const row = (change: Partial<Transfer>): Transfer => ({
  id: 'x',
  direction: 'up',
  state: 'running',
  name: 'a',
  path: [],
  group: 'g',
  sizeBytes: 100,
  doneBytes: 50,
  startedMs: 0,
  speed: 10,
  error: null,
  handleKept: false,
  ...change,
});

test('what one gesture started is one row, named after the folder', () => {
  const groups = gather([
    row({ id: '1', path: ['trip'] }),
    row({ id: '2', path: ['trip', 'day 2'], state: 'done', doneBytes: 100, speed: 0 }),
    row({ id: '3', group: 'h', name: 'b' }),
  ]);
  expect(groups.map(({ name, members }) => [name, members.length])).toEqual([
    ['b', 1],
    ['trip', 2],
  ]);
  expect(groups[1]).toMatchObject({ state: 'running', sizeBytes: 200, doneBytes: 150, done: 1 });
  expect(groups[1] && secondsLeft(groups[1])).toBe(5);
});

test('a member that needs a person speaks for the whole', () => {
  expect(gather([row({}), row({ id: '2', state: 'needs-file' })])[0]?.state).toBe('needs-file');
});
