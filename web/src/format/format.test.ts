import { expect, test } from 'vitest';
import { formatBytes } from './bytes';
import { formatDuration, formatWhen } from './time';

test('sizes are said with three figures', () => {
  expect([0, 1, 999, 1000, 218_400, 999_499, 999_500, 18_400_000_000, 412_000_000].map(formatBytes)).toEqual([
    '0 bytes',
    '1 byte',
    '999 bytes',
    '1.0 kB',
    '218 kB',
    '999 kB',
    '1.0 MB',
    '18.4 GB',
    '412 MB',
  ]);
});

test('durations are said as a person would', () => {
  expect([0.2, 1, 59.2, 61, 5400, 200_000].map(formatDuration)).toEqual([
    'a moment',
    '1 second',
    '60 seconds',
    '1 minute',
    '2 hours',
    '2 days',
  ]);
});

test('yesterday begins at midnight, not 24 hours ago', () => {
  const now = new Date(2026, 2, 14, 0, 30).getTime();
  expect(formatWhen(new Date(2026, 2, 13, 23, 50).getTime(), now)).toBe('yesterday 23:50');
  expect(formatWhen(new Date(2026, 2, 14, 0, 10).getTime(), now)).toBe('today 00:10');
  expect(formatWhen(new Date(2026, 1, 3).getTime(), now)).toBe('3 Feb 2026');
});
