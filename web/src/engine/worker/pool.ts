/**
 * The workers that seal. Each has the module and, for the length of one job, the key of one content; none has a key
 * of the account. Started when the first job comes, so that signing in does not wait for them.
 */
import { trustedUrl } from '../../policy';
import type { Lanes } from '../skin';
import { explain } from './explain';
import poolWorkerUrl from './pool-worker.ts?worker&url';

export interface Job {
  job: Uint8Array;
  source: Blob;
}

/** `noted`: the hash of the sealed part is in the journal, so the part may leave. */
export type PoolMessage = { module: WebAssembly.Module } | Job | { noted: true } | { unnoted: unknown } | 'stop';

export type PoolReply =
  | { ready: true }
  | { sealed: Uint8Array }
  | { sent: number }
  | { done: Uint8Array }
  | { failed: unknown };

/**
 * A lane holds a part of 8 MiB up to four times over (read, in the module, sealed, on its way), and what was dropped
 * until the browser collects it: few lanes keep a tab small, and two already outrun most lines.
 */
const LEAST = 2;
const MOST = 3;

export class Pool implements Lanes {
  #module: WebAssembly.Module;
  #idle: Worker[] = [];
  #started = 0;
  #queue: ((worker: Worker) => void)[] = [];
  #starting: Promise<unknown> = Promise.resolve();

  constructor(module: WebAssembly.Module) {
    this.#module = module;
  }

  width(): number {
    return Math.max(LEAST, Math.min(MOST, navigator.hardwareConcurrency));
  }

  async run(
    job: Uint8Array,
    source: Blob,
    sealed: (partHash: Uint8Array) => Promise<void>,
    progress: (sentBytes: number) => void,
    signal: AbortSignal,
  ): Promise<Uint8Array> {
    signal.throwIfAborted();
    const worker = await this.#take();
    try {
      return await runOn(worker, { job, source }, { sealed, progress }, signal);
    } finally {
      this.#giveBack(worker);
    }
  }

  #take(): Promise<Worker> {
    const idle = this.#idle.pop();
    if (idle) return Promise.resolve(idle);
    if (this.#started < this.width()) return this.#start();
    return new Promise((resolve) => this.#queue.push(resolve));
  }

  /** One after the other: Firefox, asked for two workers by a worker at once, now and then brings all three to a stand. */
  #start(): Promise<Worker> {
    this.#started += 1;
    const name = `postern-lane-${this.#started}`;
    const started = this.#starting.then(() => startLane(name, this.#module));
    // One that did not start leaves its place to the next try.
    this.#starting = started.catch(() => {
      this.#started -= 1;
    });
    return started;
  }

  #giveBack(worker: Worker) {
    const next = this.#queue.shift();
    if (next) next(worker);
    else this.#idle.push(worker);
  }
}

function startLane(name: string, module: WebAssembly.Module): Promise<Worker> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(trustedUrl(poolWorkerUrl), { type: 'module', name });
    worker.onmessage = () => resolve(worker);
    worker.onerror = (event) => reject(new Error(`a lane did not start: ${event.message}`));
    worker.postMessage({ module } satisfies PoolMessage);
  });
}

interface Hearing {
  sealed: (partHash: Uint8Array) => Promise<void>;
  progress: (sentBytes: number) => void;
}

function runOn(worker: Worker, job: Job, { sealed, progress }: Hearing, signal: AbortSignal): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const tell = (message: PoolMessage) => worker.postMessage(message);
    const stop = () => tell('stop');
    signal.addEventListener('abort', stop, { once: true });
    const settle = (act: () => void) => {
      signal.removeEventListener('abort', stop);
      worker.onmessage = worker.onerror = null;
      act();
    };
    worker.onmessage = ({ data }: MessageEvent<PoolReply>) => {
      if ('ready' in data) return;
      if ('sent' in data) progress(data.sent);
      else if ('sealed' in data) {
        sealed(data.sealed).then(
          () => tell({ noted: true }),
          (thrown: unknown) => tell({ unnoted: explain(thrown) }),
        );
      } else if ('done' in data) settle(() => resolve(data.done));
      else settle(() => reject(data.failed));
    };
    worker.onerror = (event) => settle(() => reject(new Error(`a lane broke: ${event.message}`)));
    tell(job);
  });
}
