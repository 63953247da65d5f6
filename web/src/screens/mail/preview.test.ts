import { expect, test } from 'vitest';
import { textOf } from './preview';

test('a text is read as it says that it is written, and as most are if it says nothing that is known', () => {
  expect(textOf(new Uint8Array([0xe9]), { charset: 'iso-8859-1' }).text).toBe('é');
  expect(textOf(new TextEncoder().encode('é'), { charset: null }).text).toBe('é');
  expect(textOf(new TextEncoder().encode('é'), { charset: 'x-none' }).text).toBe('é');
});

test('a long text is cut between its letters', () => {
  const { text, cut } = textOf(new TextEncoder().encode('é'.repeat(300_000)), { charset: null });
  expect(cut).toBe(true);
  expect(text.endsWith('é')).toBe(true);
});
