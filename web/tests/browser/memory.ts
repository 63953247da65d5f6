/** How much memory the tabs of a Chromium take: all renderer processes, workers included, without what they share. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { BrowserContext } from 'playwright-core';

const run = promisify(execFile);
const SAMPLE_MS = 300;

export interface Watch {
  startBytes: number;
  /** Ends the watch; answers by how much the tabs had grown at their largest. */
  growthBytes(): Promise<number>;
}

export async function watchMemory(context: BrowserContext): Promise<Watch> {
  const session = await context.browser()?.newBrowserCDPSession();
  if (!session) throw new Error('this context has no browser of its own to ask');
  const measure = async () => {
    const { processInfo } = await session.send('SystemInfo.getProcessInfo');
    const renderers = processInfo.filter(({ type }) => type === 'renderer');
    const sizes = await Promise.all(renderers.map(({ id }) => residentBytes(id)));
    return sizes.reduce((sum, size) => sum + size, 0);
  };
  const startBytes = await measure();
  let peak = startBytes;
  const timer = setInterval(async () => {
    peak = Math.max(peak, await measure().catch(() => 0));
  }, SAMPLE_MS);
  return {
    startBytes,
    async growthBytes() {
      clearInterval(timer);
      return Math.max(peak, await measure()) - startBytes;
    },
  };
}

/** Of all processes below `ancestor` whose name begins with one of `names`. */
export async function bytesBelow(ancestor: number, names: string[]): Promise<number> {
  const { stdout } = await run('ps', ['-e', '-o', 'pid=,ppid=,comm=']);
  const rows = stdout.split('\n').map((line) => /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? []);
  const below = new Set([String(ancestor)]);
  // Parents often stand before their children, not always: as many passes as the tree may be deep.
  for (let depth = 0; depth < 5; depth += 1) {
    for (const [, pid, parent] of rows) if (pid && parent && below.has(parent)) below.add(pid);
  }
  const wanted = rows.filter(([, pid, , name]) => pid && below.has(pid) && names.some((one) => name?.startsWith(one)));
  const sizes = await Promise.all(wanted.map(([, pid]) => residentBytes(Number(pid))));
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** Of any process, in bytes; 0 when it is gone already. */
export async function residentBytes(pid: number): Promise<number> {
  try {
    const rollup = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8');
    return Number(/^Pss:\s+(\d+) kB/m.exec(rollup)?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}
