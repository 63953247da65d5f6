/** Where the client's suites find, behind one address, their module and any number of servers, each started when it is
 *  first asked for something. */
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Server, startServer } from './server';

const BUILT = fileURLToPath(new URL('../../../target/wasm-suites', import.meta.url));

/** The worker's script: a new instance of the module for each test. A panic is no rejection: it is thrown where nobody
 *  waits, after it has been told as a text. */
const WORKER = `
  import init, { names, run } from './postern_wasm_suites.js';
  onmessage = async ({ data: [name, long] }) => {
    await init({ module_or_path: './postern_wasm_suites_bg.wasm' });
    if (name) await run(name, long);
    postMessage(name ? true : names());
  };
  onunhandledrejection = ({ reason }) => {
    throw reason;
  };`;

const TYPES: Record<string, string> = { js: 'text/javascript', wasm: 'application/wasm', html: 'text/html' };

export interface Suites {
  url: string;
  /** Stops the servers that were started since the last time. */
  stopServers(): Promise<void>;
  stop(): Promise<void>;
}

export async function serveSuites(): Promise<Suites> {
  const servers = new Map<string, Promise<Server>>();
  const stopServers = async () => {
    const started = [...servers.values()];
    servers.clear();
    await Promise.all(started.map(async (server) => (await server).stop()));
  };
  const http = createServer((asked, answer) => {
    const [, number, path] = /^\/server\/(\d+)(\/.*)$/.exec(asked.url ?? '') ?? [];
    if (!number || !path) return void sendFile(asked.url ?? '', answer);
    const server = servers.get(number) ?? startServer();
    servers.set(number, server);
    server.then(
      ({ url }) => relay(asked, answer, url + path),
      (error) => answer.destroy(error),
    );
  });
  await new Promise<void>((ready) => http.listen(0, '127.0.0.1', ready));
  const { port } = http.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    stopServers,
    async stop() {
      await stopServers();
      http.closeAllConnections();
      http.close();
    },
  };
}

async function sendFile(path: string, answer: ServerResponse) {
  const name = path === '/' ? 'index.html' : path.slice(1);
  answer.setHeader('content-type', TYPES[name.split('.').pop() ?? ''] ?? 'text/plain');
  if (name === 'index.html') return answer.end('<!doctype html><title>suites</title>');
  if (name === 'worker.js') return answer.end(WORKER);
  const folder = process.env['POSTERN_WASM_SUITES'] ?? BUILT;
  await readFile(join(folder, name)).then(
    (file) => answer.end(file),
    () => answer.writeHead(404).end(),
  );
}

function relay(asked: IncomingMessage, answer: ServerResponse, url: string) {
  const passed = request(url, { method: asked.method ?? 'GET', headers: asked.headers }, (got) => {
    answer.writeHead(got.statusCode ?? 502, got.headers);
    got.pipe(answer);
  });
  passed.on('error', () => answer.destroy());
  asked.pipe(passed);
}
