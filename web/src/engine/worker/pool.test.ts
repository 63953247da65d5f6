import { expect, test, vi } from 'vitest';
import type { Lane } from './lanes';
import { Pool, type PoolMessage } from './pool';

vi.stubGlobal('navigator', { hardwareConcurrency: 2 });

/** A pool whose lanes are `serve`d here, each by the other end of its port. */
function poolOf(serve: (port: MessagePort, lane: Lane) => void) {
  return new Pool(() => {
    const { port1, port2 } = new MessageChannel();
    const lane: Lane = { port: port1, onbroken: null };
    serve(port2, lane);
    return lane;
  });
}

function run(pool: Pool, job: number, signal = new AbortController().signal): Promise<Uint8Array> {
  return pool.run(Uint8Array.of(job), new Blob(), async () => {}, signal);
}

test('a lane that does not start leaves its place to the next', async () => {
  let tries = 0;
  const pool = poolOf((port, lane) => {
    tries += 1;
    if (tries <= 4) return void setTimeout(() => lane.onbroken?.({ kind: 'offline' }));
    port.onmessage = ({ data }: MessageEvent<PoolMessage>) => {
      if (typeof data === 'object' && 'job' in data) port.postMessage({ done: data.job });
    };
    port.postMessage({ ready: true });
  });
  const jobs = await Promise.allSettled([1, 2, 3, 4, 5].map((job) => run(pool, job)));
  expect(jobs.slice(0, 4)).toEqual(Array(4).fill({ status: 'rejected', reason: { kind: 'offline' } }));
  expect(jobs[4]).toEqual({ status: 'fulfilled', value: Uint8Array.of(5) });
});

test('a job that is stopped while it waits for a lane is never begun', async () => {
  const begun: number[] = [];
  const ends: (() => void)[] = [];
  const pool = poolOf((port) => {
    port.onmessage = ({ data }: MessageEvent<PoolMessage>) => {
      if (typeof data !== 'object' || !('job' in data)) return;
      begun.push(data.job[0] ?? 0);
      ends.push(() => port.postMessage({ done: data.job }));
    };
    port.postMessage({ ready: true });
  });
  const running = Array.from({ length: pool.width() }, (_, job) => run(pool, job));
  const stopping = new AbortController();
  const waiting = run(pool, 99, stopping.signal);
  await expect.poll(() => begun.length).toBe(pool.width());
  stopping.abort();
  for (const end of ends) end();
  await expect(waiting).rejects.toThrow();
  await Promise.all(running);
  expect(begun).not.toContain(99);
});
