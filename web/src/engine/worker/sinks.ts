/** Where opened bytes go. `write` resolves when the next chunk may come: that is what keeps memory flat. */
import type { SaveTarget } from '../api';
import type { Demand, Supply } from '../../save/order';
import { Queue } from '../../save/queue';
import type { Sink } from '../skin';
import { privateFile } from './private-file';

export interface EndingSink extends Sink {
  /** Everything has been written: make it the person's file. */
  finish(): Promise<void>;
  /** Where that is not enough: what the page still has to save. */
  finished?(): Promise<File>;
  /** It broke off: leave nothing half-written behind that looks whole. */
  discard(): Promise<void>;
}

export function sinkFor(target: SaveTarget, stop: () => void): Promise<EndingSink> {
  if (target.kind === 'file') return fileSink(target.handle);
  if (target.kind === 'port') return Promise.resolve(portSink(target.port, stop));
  return privateSink();
}

async function fileSink(handle: FileSystemFileHandle): Promise<EndingSink> {
  const file = await handle.createWritable();
  return {
    async write(chunk) {
      await file.write(chunk);
      return chunk.buffer;
    },
    finish: () => file.close(),
    discard: () => file.abort(),
  };
}

/** The service worker asks for each chunk, so at most one is on its way. */
function portSink(port: MessagePort, stop: () => void): EndingSink {
  const demands = new Queue<Exclude<Demand, 'stop'>>();
  port.onmessage = ({ data }: MessageEvent<Demand>) => (data === 'stop' ? stop() : demands.put(data));
  /** Answers the buffer that came with the demand. */
  const supply = async (what: Supply) => {
    const { more } = await demands.take();
    port.postMessage(what, typeof what === 'string' ? [] : [what.buffer]);
    return more;
  };
  return {
    write: supply,
    async finish() {
      await supply('end');
    },
    // Nobody may be asking any more: it is said, not waited for.
    discard: async () => port.postMessage('broken' satisfies Supply),
  };
}

async function privateSink(): Promise<EndingSink> {
  const file = await privateFile();
  return {
    ...file,
    async write(chunk) {
      file.write(chunk);
      return chunk.buffer;
    },
  };
}
