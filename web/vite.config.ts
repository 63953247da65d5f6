import { fileURLToPath } from 'node:url';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** `vite --mode memory` draws against an engine that lives in memory; no other mode can reach that file. */
const enginePath = (mode: string) =>
  mode === 'memory' ? here('./tests/memory/start.ts') : here('./src/engine/start.ts');

export default defineConfig(({ mode }) => ({
  plugins: [svelte()],
  resolve: { alias: { '#engine': enginePath(mode) } },
  worker: { format: 'es' },
  build: {
    target: 'es2022',
    // A data: URL would need holes in the content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: { index: here('./index.html'), save: here('./src/save/worker.ts') },
      output: {
        // A service worker must keep its address, and this one may see nothing but /save/.
        entryFileNames: (chunk) => (chunk.name === 'save' ? 'save/worker.js' : 'assets/[name]-[hash].js'),
      },
    },
  },
  test: { include: ['src/**/*.test.ts', 'tests/memory/**/*.test.ts'] },
}));
