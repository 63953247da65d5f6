/** Sealing and opening in a worker, in Chromium: ours, libsodium.js, and what the browser brings. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { newFolder } from '../browser/folders';
import { openProfile } from '../browser/chromium';
import { serveFiles } from './files';
import { type Heat, leave, race, type Runner } from './row';

const MODULES = fileURLToPath(new URL('../../node_modules/', import.meta.url));
const WORKER = fileURLToPath(new URL('./chunks.js', import.meta.url));
const TURN_MS = 500;
const TIMES_LIBSODIUM = 2.4;
const TIMES_WEBCRYPTO = 1;

export async function wasm() {
  const files = await serveFiles(await pages());
  const { page, close } = await openProfile();
  await page.goto(`${files.url}/`);
  const heats: Heat[] = [];
  const peer = `libsodium.js ${await version()}, secretbox`;
  for (const length of [64 << 10, 1 << 20]) {
    for (const what of ['seal', 'open'] as const) {
      const size = `chunks of ${length >> 10} KiB`;
      const turn = (library: Library, workers = 1) => {
        return () => rate(page, { library, what, length, ms: TURN_MS }, workers);
      };
      const limit: Omit<Runner, 'turn'> = { name: 'WebCrypto, AES-256-GCM, one worker', kind: 'limit', goal: null };
      heats.push(
        await race(`${what}, one worker, ${size}`, [
          { name: 'Postern', kind: 'ours', goal: null, turn: turn('ours') },
          { name: peer, kind: 'peer', goal: { times: TIMES_LIBSODIUM }, turn: turn('libsodium') },
          { ...limit, turn: turn('webcrypto') },
        ]),
        await race(`${what}, two workers, ${size}`, [
          { name: 'Postern, two workers', kind: 'ours', goal: null, turn: turn('ours', 2) },
          { ...limit, goal: { times: TIMES_WEBCRYPTO }, turn: turn('webcrypto') },
        ]),
      );
    }
  }
  await leave('wasm', {
    title: 'Sealing and opening, in a browser',
    note: `Chromium ${page.context().browser()?.version() ?? ''}, headless. Ours and libsodium.js compute \
XSalsa20-Poly1305 in WebAssembly, ours with SIMD; each takes bytes from JavaScript and gives bytes back, one copy in \
and one out. Both halves of ours are vector code already, in vectors of 128 bits, which are the widest that WebAssembly \
has; natively the same library uses 512. The goal was set where libsodium.js came to 240 to 280 MiB/s. WebCrypto is native code with the processor's own instructions for AES.`,
    unit: 'MiB/s',
    better: 'more',
    heats,
  });
  await close();
  files.stop();
}

type Library = 'ours' | 'libsodium' | 'webcrypto';

interface Order {
  library: Library;
  what: 'seal' | 'open';
  length: number;
  ms: number;
}

/** MiB a second of so many workers together, which begin at the same time. */
function rate(page: Page, order: Order, workers: number): Promise<number> {
  return page.evaluate(
    async ([order, workers]) => {
      const all = Array.from({ length: workers }, () => new Worker('./chunks.js'));
      const said = (worker: Worker) =>
        new Promise<unknown>((resolve, reject) => {
          worker.onmessage = ({ data }) => resolve(data);
          worker.onerror = ({ message }) => reject(new Error(message));
        });
      const ask = async (message: unknown) => {
        const answers = all.map(said);
        for (const worker of all) worker.postMessage(message);
        return Promise.all(answers);
      };
      await ask(order);
      const rates = await ask('begin');
      for (const worker of all) worker.terminate();
      return rates.reduce<number>((sum, one) => sum + Number(one), 0);
    },
    [order, workers] as const,
  );
}

async function version(): Promise<string> {
  const text = await readFile(join(MODULES, 'libsodium-wrappers/package.json'), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

async function pages(): Promise<Record<string, string>> {
  const page = join(await newFolder('bench'), 'index.html');
  await writeFile(page, '<!doctype html><title>chunks</title>');
  const bound = process.env['POSTERN_WASM_BENCH'] ?? '';
  return {
    '/': page,
    '/chunks.js': WORKER,
    '/postern_bench_wasm.js': join(bound, 'postern_bench_wasm.js'),
    '/postern_bench_wasm_bg.wasm': join(bound, 'postern_bench_wasm_bg.wasm'),
    '/libsodium.js': join(MODULES, 'libsodium/dist/modules/libsodium.js'),
    '/libsodium-wrappers.js': join(MODULES, 'libsodium-wrappers/dist/modules/libsodium-wrappers.js'),
  };
}
