import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { AnyBrowser } from '../browser/any';

const UNFINISHED = /\.(part|crdownload|wkdownload)$/;

/** Until the one download of this browser is whole, and has its name. Looks more often than the stories need to. */
export async function saved({ downloads }: AnyBrowser, bytes: number, timeoutMs = 10 * 60_000) {
  for (const end = Date.now() + timeoutMs; Date.now() < end; await pause(50)) {
    for (const name of await readdir(downloads).catch(() => [])) {
      const found = await stat(join(downloads, name)).catch(() => null);
      if (found?.size === bytes && !UNFINISHED.test(name)) return;
    }
  }
  throw new Error(`nothing whole in ${downloads}: ${await readdir(downloads)}`);
}
