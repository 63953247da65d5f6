/** One lane: seals, hashes and sends one part after the other. */
import type { Job, PoolMessage, PoolReply } from './pool';
import { explain } from './explain';
import { skin } from './wasm';

const scope = self as unknown as DedicatedWorkerGlobalScope;
let ready: Promise<unknown> = Promise.resolve();
let stopping = new AbortController();
let noting: { resolve: () => void; reject: (thrown: unknown) => void } | null = null;

function say(reply: PoolReply) {
  scope.postMessage(reply);
}

/** Waits until the engine has written the hash down: no byte may leave before that. */
function noted(sealed: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    noting = { resolve, reject };
    say({ sealed });
  });
}

async function run({ job, source }: Job) {
  stopping = new AbortController();
  try {
    await ready;
    const done = await skin.run_part(job, source, noted, (sent) => say({ sent }), stopping.signal);
    say({ done });
  } catch (thrown) {
    say({ failed: explain(thrown) });
  }
}

scope.addEventListener('message', ({ data }: MessageEvent<PoolMessage>) => {
  if (data === 'stop') stopping.abort();
  else if ('noted' in data) noting?.resolve();
  else if ('unnoted' in data) noting?.reject(data.unnoted);
  else if ('module' in data) {
    ready = skin.default({ module_or_path: data.module });
    const tell = () => say({ ready: true });
    // If it did not load, the first job says so.
    void ready.then(tell, tell);
  } else void run(data);
});
