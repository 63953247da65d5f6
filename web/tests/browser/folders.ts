/** Temporary folders, gone when the tests of a file are. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

const made: string[] = [];

// Registered before any other, and so called after all others.
afterAll(async () => {
  await Promise.all(made.splice(0).map(removeFolder));
});

export async function newFolder(what = 'samples'): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), `postern-${what}-`));
  made.push(path);
  return path;
}

/** Also if a browser that was just told to end is still writing into it. */
export function removeFolder(path: string): Promise<void> {
  return rm(path, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
}
