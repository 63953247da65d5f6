import { expect, test } from 'vitest';
import { termsFrom } from './terms';

test('nothing chosen means no limits', () => {
  expect(termsFrom({ password: null, days: '0', times: '0' }, 5)).toEqual({
    password: null,
    expiresMs: null,
    downloads: null,
  });
});

test('what was chosen becomes a day and a number', () => {
  expect(termsFrom({ password: 'x', days: '7', times: '1' }, 1000)).toEqual({
    password: 'x',
    expiresMs: 604_801_000,
    downloads: 1,
  });
});
