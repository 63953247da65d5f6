import { expect, test } from 'vitest';
import { deviceLabel } from './label';
import { matchItems } from './matching';
import { Meter } from './meter';

test('speed is that of the last seconds, not of the whole', () => {
  const meter = new Meter();
  for (let s = 0; s <= 20; s += 1) meter.mark(s < 10 ? s * 100 : 1000 + (s - 10) * 5, s * 1000);
  expect(meter.speed()).toBeCloseTo(5, 0);
});

test('an interrupted upload takes only the file with its path, name, size and time', () => {
  const file = (name: string, size: number, lastModified: number) => ({ name, size, lastModified }) as File;
  const wanted = [
    { id: 'one', path: ['trip'], name: 'a.jpg', sizeBytes: 3, modifiedMs: 7 },
    { id: 'two', path: ['trip', 'day 2'], name: 'a.jpg', sizeBytes: 3, modifiedMs: 7 },
  ];
  const items = [
    { path: ['trip'], file: file('a.jpg', 3, 7) },
    { path: ['trip', 'day 2'], file: file('a.jpg', 3, 8) },
  ];
  const { matched, unmatched } = matchItems(wanted, items);
  expect(matched.map(({ id }) => id)).toEqual(['one']);
  expect(unmatched).toEqual(['two']);
});

test('a device is named by browser and system only', () => {
  expect(deviceLabel('Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0')).toBe(
    'Firefox on Linux',
  );
  expect(
    deviceLabel('Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/26.0 Safari/605.1.15'),
  ).toBe('Safari on macOS');
});
