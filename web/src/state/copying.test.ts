import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Copying } from './copying.svelte';

const writeText = vi.fn<(text: string) => Promise<void>>();

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('navigator', { clipboard: { writeText } });
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test('what was copied is said for a moment', async () => {
  writeText.mockResolvedValue();
  const copying = new Copying();
  await copying.copy('10 mx.example.org.');
  expect(writeText).toHaveBeenLastCalledWith('10 mx.example.org.');
  expect(copying.went).toBe('well');
  // Copied again: the moment begins anew.
  vi.advanceTimersByTime(2_000);
  await copying.copy('10 mx.example.org.');
  vi.advanceTimersByTime(2_000);
  expect(copying.went).toBe('well');
  vi.advanceTimersByTime(1_000);
  expect(copying.went).toBe(null);
});

test('what a browser refuses to copy is said until it is copied', async () => {
  const copying = new Copying();
  writeText.mockRejectedValue(new DOMException('', 'NotAllowedError'));
  await copying.copy('a link');
  vi.advanceTimersByTime(60_000);
  expect(copying.went).toBe('badly');
  // A page without the right to it has no clipboard at all.
  vi.stubGlobal('navigator', {});
  await copying.copy('a link');
  expect(copying.went).toBe('badly');
});
