import { expect, test } from 'vitest';
import { formatBytes } from './bytes';
import { formatNumber } from './count';
import { formatBrief, formatDuration, formatWhen } from './time';

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

test('a list says no more of a time than it takes', () => {
  const now = new Date(2026, 2, 14, 12).getTime();
  const brief = (...when: [number, number, number, number?, number?]) => formatBrief(new Date(...when).getTime(), now);
  expect([
    brief(2026, 2, 14, 9, 5),
    brief(2026, 2, 13),
    brief(2026, 2, 8),
    brief(2026, 2, 7),
    brief(2025, 8, 30),
  ]).toEqual(['09:05', 'Fri', 'Sun', '7 Mar', '30 Sept 2025']);
});

test('large numbers are read in threes', () => {
  expect([0, 999, 1000, 12_345, 1_234_567].map(formatNumber)).toEqual(['0', '999', '1,000', '12,345', '1,234,567']);
});
