import { expect, test } from 'vitest';
import type { Moment } from '../../engine/api';
import { whenOf } from './invitation';

const at = (hour: number, minute: number, zone = '', day = 3): Moment => ({
  date: [2026, 3, day],
  time: [hour, minute],
  zone,
});
const day = (day: number): Moment => ({ date: [2026, 3, day], time: null, zone: '' });

test('an event is told by its day and its hours', () => {
  expect(whenOf({ start: at(14, 0), end: at(15, 30), duration: '' })).toBe('3 Mar 2026 14:00 – 15:30');
  expect(whenOf({ start: at(14, 0), end: null, duration: 'PT1H30M' })).toBe('3 Mar 2026 14:00 – 15:30');
  expect(whenOf({ start: at(23, 0), end: at(1, 0, '', 4), duration: '' })).toBe('3 Mar 2026 23:00 – 4 Mar 2026 01:00');
  expect(whenOf({ start: at(14, 0), end: null, duration: 'soon' })).toBe('3 Mar 2026 14:00');
  expect(whenOf({ start: null, end: null, duration: '' })).toBe('');
});

test('whole days have no hours', () => {
  expect(whenOf({ start: day(3), end: day(4), duration: '' })).toBe('3 Mar 2026');
  expect(whenOf({ start: day(3), end: null, duration: '' })).toBe('3 Mar 2026');
  expect(whenOf({ start: day(3), end: day(6), duration: '' })).toBe('3 Mar 2026 – 5 Mar 2026');
});

test('a zone that is known is counted into the clock here, another is named', () => {
  const told = (zone: string) => whenOf({ start: at(14, 0, zone), end: null, duration: '' });
  const local = new Date(Date.UTC(2026, 2, 3, 13, 0));
  expect(told('Europe/Vienna')).toContain(`${String(local.getHours()).padStart(2, '0')}:00`);
  expect(told('UTC')).not.toContain('UTC');
  expect(told('W. Europe Standard Time')).toBe('3 Mar 2026 14:00 (W. Europe Standard Time)');
});
