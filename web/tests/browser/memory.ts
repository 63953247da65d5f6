/** How much memory the processes of a browser take, without what they share. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Of all processes below `ancestor` whose name, followed by its command line, matches. */
export async function bytesBelow(ancestor: number, wanted: RegExp): Promise<number> {
  const { stdout } = await run('ps', ['-ww', '-e', '-o', 'pid=,ppid=,comm=,args=']);
  const rows = stdout.split('\n').map((line) => /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? []);
  const below = new Set([String(ancestor)]);
  // Parents often stand before their children, not always: as many passes as the tree may be deep.
  for (let depth = 0; depth < 5; depth += 1) {
    for (const [, pid, parent] of rows) if (pid && parent && below.has(parent)) below.add(pid);
  }
  const pids = rows.flatMap(([, pid, , text]) => (pid && below.has(pid) && wanted.test(text ?? '') ? Number(pid) : []));
  const sizes = await Promise.all(pids.map(residentBytes));
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** Answers by how much it had grown at its largest. */
export function watch(bytes: () => Promise<number>): () => Promise<number> {
  const start = bytes();
  let peak = 0;
  const timer = setInterval(async () => {
    peak = Math.max(peak, await bytes());
  }, 300);
  return async () => {
    clearInterval(timer);
    return Math.max(peak, await bytes()) - (await start);
  };
}

/** Of any process, in bytes; 0 when it is gone already. */
async function residentBytes(pid: number): Promise<number> {
  try {
    const rollup = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8');
    return Number(/^Pss:\s+(\d+) kB/m.exec(rollup)?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}
