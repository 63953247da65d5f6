/** This page among the others of the same browser. Each knows its own transfers, and leaves those of the others alone. */
import type { Id } from '../api';
import { newId } from './ids';

/** A page that was just reloaded may still be on its way out. */
const PARTING_MS = 1_000;

export const thisTab: Id = newId();

// Held until the page is gone, however it goes; the browser sees to that.
void navigator.locks.request(lockOf(thisTab), () => new Promise<never>(() => undefined));

/** Those of `tabs` that are not open any more. */
export async function closedTabs(tabs: Iterable<Id>): Promise<Set<Id>> {
  const others = [...new Set(tabs)].filter((tab) => tab !== thisTab);
  const closed = await Promise.all(others.map(isClosed));
  return new Set(others.filter((_, i) => closed[i]));
}

function isClosed(tab: Id): Promise<boolean> {
  return navigator.locks
    .request(lockOf(tab), { signal: AbortSignal.timeout(PARTING_MS) }, () => true)
    .catch(() => false);
}

function lockOf(tab: Id): string {
  return `postern/tab/${tab}`;
}
