/**
 * The service worker: turns what the engine pushes into a download of the browser's own. It serves nothing else,
 * caches nothing, and holds no key: opened bytes pass through, one chunk at a time, only when the browser asks.
 */
import type { Demand, SaveOrder, Supply } from './order';
import { Queue } from './queue';

const scope = self as unknown as ServiceWorkerGlobalScope;
const orders = new Map<string, { order: SaveOrder; port: MessagePort }>();

scope.addEventListener('install', () => void scope.skipWaiting());
scope.addEventListener('activate', (event) => event.waitUntil(scope.clients.claim()));

scope.addEventListener('message', ({ data, ports }: ExtendableMessageEvent) => {
  const [port, known] = ports;
  if (!port || !known) return; // "awake": hearing it was the point
  const order = data as SaveOrder;
  orders.set(order.token, { order, port });
  known.postMessage('known');
});

scope.addEventListener('fetch', (event) => {
  const token = event.request.url.slice(scope.registration.scope.length);
  const found = orders.get(token);
  if (!found) return;
  orders.delete(token);
  event.respondWith(new Response(streamFrom(found.port), { headers: headersFor(found.order) }));
});

function headersFor({ fileName, sizeBytes }: SaveOrder): Headers {
  return new Headers({
    'Content-Type': 'application/octet-stream',
    ...(sizeBytes === null ? {} : { 'Content-Length': String(sizeBytes) }),
    'Content-Disposition': `attachment; filename*=UTF-8''${encodeName(fileName)}`,
    'Content-Security-Policy': "default-src 'none'; sandbox",
    'X-Content-Type-Options': 'nosniff',
    'Cross-Origin-Embedder-Policy': 'require-corp',
    'Cross-Origin-Resource-Policy': 'same-origin',
  });
}

/** RFC 8187: what `encodeURIComponent` leaves alone but a header value may not hold. */
function encodeName(name: string): string {
  return encodeURIComponent(name).replace(/['()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** So many chunks are asked for before the browser wants them. */
const AHEAD = 2;

/**
 * A chunk is handed on when the browser wants it, which is when it has passed on the one before, whose buffer then goes
 * back to be filled again. If it were left to be collected, hundreds of them would lie about: the longer a download
 * takes, the later engines look.
 */
function streamFrom(port: MessagePort): ReadableStream<Uint8Array> {
  const supplies = new Queue<Supply>();
  let emptied: ArrayBuffer | undefined;
  port.onmessage = ({ data }: MessageEvent<Supply>) => supplies.put(data);
  const ask = (more?: ArrayBuffer) => port.postMessage({ more } satisfies Demand, more ? [more] : []);
  return new ReadableStream<Uint8Array>(
    {
      start() {
        for (let i = 0; i < AHEAD; i += 1) ask();
      },
      async pull(controller) {
        if (emptied) ask(emptied);
        const supply = await supplies.take();
        if (supply === 'end') controller.close();
        else if (supply === 'broken') controller.error(new Error('the transfer broke off'));
        else {
          emptied = supply.buffer;
          controller.enqueue(supply);
        }
      },
      cancel() {
        port.postMessage('stop' satisfies Demand);
      },
    },
    // Nothing is queued here: what is behind a chunk in a queue would be wanted while that is still passed on.
    { highWaterMark: 0 },
  );
}
