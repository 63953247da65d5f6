/** Arranges with the service worker that one navigation to /save/<token> is answered by what comes out of a port. */
import { trustedUrl } from '../policy';
import type { SaveOrder } from '../save/order';

/** The service worker sees requests below this path, and no others: never the page, never a link. */
const SAVE_SCOPE = '/save/';

const PING_MS = 10_000;
/** By then the download has begun, or never will. */
const FRAME_MS = 60_000;

/** The other end of the stream, for the engine. The browser's download begins at once and waits for bytes. */
export async function openSaveStream(fileName: string, sizeBytes: number | null): Promise<MessagePort> {
  const worker = await saveWorker();
  const token = crypto.randomUUID();
  const { port1, port2 } = new MessageChannel();
  const known = new MessageChannel();
  const order: SaveOrder = { token, fileName, sizeBytes };
  worker.postMessage(order, [port1, known.port1]);
  await new Promise((resolve) => {
    known.port2.onmessage = resolve;
  });
  navigateTo(`${SAVE_SCOPE}${token}`);
  return port2;
}

/** Browsers stop a worker that hears nothing for half a minute, even one that is still streaming. */
export function keepStreamAwake(): () => void {
  const timer = setInterval(async () => (await registration())?.active?.postMessage('awake'), PING_MS);
  return () => clearInterval(timer);
}

function registration(): Promise<ServiceWorkerRegistration | undefined> {
  return navigator.serviceWorker?.getRegistration(SAVE_SCOPE) ?? Promise.resolve(undefined);
}

async function saveWorker(): Promise<ServiceWorker> {
  const registered = await navigator.serviceWorker.register(trustedUrl(`${SAVE_SCOPE}worker.js`), {
    scope: SAVE_SCOPE,
  });
  const worker = registered.active ?? registered.installing ?? registered.waiting;
  if (!worker) throw new Error('the service worker vanished while it was registered');
  await activated(worker);
  return worker;
}

function activated(worker: ServiceWorker): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      if (worker.state === 'activated') resolve();
    };
    worker.addEventListener('statechange', look);
    look();
  });
}

/**
 * A navigation that turns out to be an attachment. Each has a frame of its own: two of the page itself, one right after
 * the other, would break off the first, and its download with it.
 */
function navigateTo(path: string) {
  const frame = document.createElement('iframe');
  frame.hidden = true;
  frame.src = path;
  document.body.append(frame);
  setTimeout(() => frame.remove(), FRAME_MS);
}
