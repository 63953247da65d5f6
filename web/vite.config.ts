import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { brotliCompress, gzip } from 'node:zlib';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** `vite --mode memory` draws against an engine that lives in memory; no other mode can reach that file. */
const enginePath = (mode: string) =>
  mode === 'memory' ? here('./tests/memory/start.ts') : here('./src/engine/start.ts');

const COMPRESSIBLE = /\.(html|js|css|wasm|svg|webmanifest)$/;

/** The server sends what lies ready: compressing at each request would cost more than it saves. */
function compressed(): Plugin {
  return {
    name: 'compressed',
    apply: 'build',
    async closeBundle() {
      const dist = here('./dist');
      const files = (await readdir(dist, { recursive: true })).filter((file) => COMPRESSIBLE.test(file));
      for (const file of files) {
        const path = join(dist, file);
        const bytes = await readFile(path);
        await writeFile(`${path}.br`, await promisify(brotliCompress)(bytes));
        await writeFile(`${path}.gz`, await promisify(gzip)(bytes));
      }
    },
  };
}

export default defineConfig(({ mode }) => ({
  plugins: [svelte(), compressed()],
  resolve: { alias: { '#engine': enginePath(mode) } },
  worker: { format: 'es' },
  build: {
    target: 'es2022',
    // A data: URL would need holes in the content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: { index: here('./index.html'), reader: here('./reader.html'), save: here('./src/save/worker.ts') },
      output: {
        // A service worker must keep its address, and this one may see nothing but /save/.
        entryFileNames: (chunk) => (chunk.name === 'save' ? 'save/worker.js' : 'assets/[name]-[hash].js'),
      },
    },
  },
  test: { include: ['src/**/*.test.ts', 'tests/memory/**/*.test.ts'] },
}));
