import { expect, test } from 'vitest';
import { estimateGuesses, sayTime } from './strength';

test('passwords that everybody has are guessed soon, four unrelated words are not', async () => {
  expect(await estimateGuesses('password123', [])).toBeLessThan(1e5);
  expect(await estimateGuesses('adalovelace1815', ['adalovelace1815'])).toBeLessThan(1e5);
  expect(await estimateGuesses('tram orchid glacier button', [])).toBeGreaterThan(1e14);
});

test('long times are said in long words', () => {
  expect(sayTime(3 * 86_400)).toBe('about 3 days');
  expect(sayTime(5 * 365 * 86_400)).toBe('about 5 years');
  expect(sayTime(Number.MAX_VALUE)).toBe('centuries');
});
