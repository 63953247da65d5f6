import { expect, test } from 'vitest';
import { type KeyMeanings, pressed } from './keys';
import { pointSelection } from './selection';

const order = ['a', 'b', 'c', 'd'];
const chosen = (before: string[], how: 'one' | 'range' | 'toggle', at: number, anchor = at) =>
  [...pointSelection(order, new Set(before), { how, at, anchor })].toSorted();

test('a plain click selects one and lets go of the others', () => {
  expect(chosen(['a', 'b'], 'one', 2)).toEqual(['c']);
});

test('a range is drawn from its anchor in both directions', () => {
  expect(chosen([], 'range', 3, 1)).toEqual(['b', 'c', 'd']);
  expect(chosen(['d'], 'range', 0, 2)).toEqual(['a', 'b', 'c']);
});

test('a toggle changes one and keeps the others', () => {
  expect(chosen(['a'], 'toggle', 2)).toEqual(['a', 'c']);
  expect(chosen(['a', 'c'], 'toggle', 0)).toEqual(['c']);
});

test('keys of the list do what they say, and others are left to the browser', () => {
  const heard: string[] = [];
  const keys = new Proxy({} as KeyMeanings, {
    get:
      (_, name) =>
      (...args: unknown[]) =>
        heard.push([name, ...args].join(' ')),
  });
  const press = (key: string, more = {}) =>
    pressed({ key, shiftKey: false, ctrlKey: false, metaKey: false, target: null, ...more }, keys);
  press('ArrowDown');
  press('End', { shiftKey: true });
  press('a', { ctrlKey: true });
  press('Delete');
  expect(press('x')).toBe(false);
  expect(heard).toEqual(['walk 1 false', 'end true true', 'all', 'remove']);
});
