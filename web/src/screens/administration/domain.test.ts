import { expect, test } from 'vitest';
import { asDomain } from './domain';

test('a domain is written as DNS has it, whatever letters it was typed in', () => {
  expect(asDomain(' Bücher.example ')).toBe('xn--bcher-kva.example');
  expect(asDomain('Garden.Example.')).toBe('garden.example.');
  expect(asDomain('no domain')).toBe('no domain');
  expect(asDomain('a.example/path')).toBe('a.example/path');
});
