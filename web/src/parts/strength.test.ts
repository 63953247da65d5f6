import { expect, test } from 'vitest';
import { gradeGuesses, gradePassword } from './strength';

test('the grade follows the time that a thief would need', () => {
  expect(gradeGuesses(1e4).level).toBe(0);
  expect(gradeGuesses(1e8).level).toBe(1);
  expect(gradeGuesses(1e10).level).toBe(2);
  expect(gradeGuesses(1e13).level).toBe(3);
  expect(gradeGuesses(1e16)).toEqual({ level: 4, time: 'centuries' });
});

test('passwords that everybody has are weak, four unrelated words are not', async () => {
  expect((await gradePassword('password123', [])).level).toBe(0);
  expect((await gradePassword('adalovelace1815', ['adalovelace1815'])).level).toBe(0);
  expect((await gradePassword('tram orchid glacier button', [])).level).toBe(4);
});
