/** One lane: seals, hashes and sends one part after the other. */
import type { Outfit } from '../lanes';
import { explain } from './explain';
import type { Job, PoolMessage, PoolReply } from './pool';
import { skin } from './wasm';

self.addEventListener('message', ({ data }: MessageEvent<Outfit>) => void begin(data), { once: true });

async function begin({ module, port }: Outfit) {
  const say = (reply: PoolReply) => port.postMessage(reply);
  try {
    await skin.default({ module_or_path: module });
  } catch (thrown) {
    return say({ failed: explain(thrown) });
  }
  serve(port, say);
  say({ ready: true });
}

function serve(port: MessagePort, say: (reply: PoolReply) => void) {
  let stopping = new AbortController();
  let noting: { resolve: () => void; reject: (thrown: unknown) => void } | null = null;

  /** Waits until the engine has written the hash down: no byte may leave before that. */
  const noted = (sealed: Uint8Array) =>
    new Promise<void>((resolve, reject) => {
      noting = { resolve, reject };
      say({ sealed });
    });

  async function run({ job, source }: Job) {
    stopping = new AbortController();
    try {
      const done = await skin.run_part(job, source, noted, stopping.signal);
      say({ done });
    } catch (thrown) {
      say({ failed: explain(thrown) });
    }
  }

  port.onmessage = ({ data }: MessageEvent<PoolMessage>) => {
    if (data === 'stop') stopping.abort();
    else if ('noted' in data) noting?.resolve();
    else if ('unnoted' in data) noting?.reject(data.unnoted);
    else void run(data);
  };
}
