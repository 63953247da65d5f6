/** A server for pages of the benchmark's own: a few files by their names, and nothing else. */
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const TYPES: Record<string, string> = {
  html: 'text/html',
  js: 'text/javascript',
  mjs: 'text/javascript',
  wasm: 'application/wasm',
};

export interface Files {
  url: string;
  stop(): void;
}

/** `files`: from the path in the address to the path on the disk. */
export async function serveFiles(files: Record<string, string>): Promise<Files> {
  const http = createServer(async (asked, answer) => {
    const file = files[asked.url ?? ''];
    if (!file) return answer.writeHead(404).end();
    answer.setHeader('content-type', TYPES[file.split('.').pop() ?? ''] ?? 'application/octet-stream');
    answer.end(await readFile(file));
  });
  await new Promise<void>((ready) => http.listen(0, '127.0.0.1', ready));
  const { port } = http.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    stop() {
      http.closeAllConnections();
      http.close();
    },
  };
}
