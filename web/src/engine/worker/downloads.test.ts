import { afterEach, expect, test, vi } from 'vitest';
import type { Transfer } from '../api';
import type { Download } from '../skin';
import { Downloads } from './downloads';
import { Ledger } from './ledger';

vi.hoisted(() => {
  vi.stubGlobal('self', new EventTarget());
  vi.stubGlobal('navigator', { locks: { request: () => {} } });
});

/** A browser that asks for whatever comes. */
function askingPort(): MessagePort {
  const { port1, port2 } = new MessageChannel();
  port2.onmessage = () => port2.postMessage('more');
  port2.postMessage('more');
  ports.push(port1, port2);
  return port1;
}

const ports: MessagePort[] = [];
afterEach(() => {
  for (const port of ports.splice(0)) port.close();
});

/** Starts a download of which the runs are these, and answers its row and how often it was given back. */
function start(...runs: Download['run'][]) {
  const ledger = new Ledger(() => {}, Date.now);
  const downloads = new Downloads(ledger);
  const free = vi.fn();
  const run: Download['run'] = (...args) => (runs.shift() ?? (() => Promise.reject()))(...args);
  const open = vi.fn(() => ({ run, free }));
  const id = downloads.start('film', 3, { kind: 'port', port: askingPort() }, open);
  return { id, downloads, open, free, row: () => ledger.get(id) as Transfer };
}

test('a download that has lost its line goes on by itself, and its keys go when it ends', async () => {
  const { open, free, row } = start(
    () => Promise.reject({ kind: 'offline' }),
    async (progress) => progress(3),
  );
  await expect.poll(() => row().state).toBe('retrying');
  expect(free).not.toHaveBeenCalled();
  self.dispatchEvent(new Event('online'));
  await expect.poll(() => row().state).toBe('done');
  expect([open.mock.calls.length, free.mock.calls.length, row().doneBytes]).toEqual([1, 1, 3]);
});

test('a download that is cancelled is given back as well', async () => {
  const stopped: Download['run'] = (_, signal) =>
    new Promise((_, reject) => signal.addEventListener('abort', () => reject({ kind: 'cancelled' })));
  const { id, downloads, free, row } = start(stopped);
  await expect.poll(() => row().state).toBe('running');
  downloads.cancel([id]);
  await expect.poll(() => row().state).toBe('cancelled');
  expect(free).toHaveBeenCalledOnce();
});
