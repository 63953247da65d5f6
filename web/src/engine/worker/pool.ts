/**
 * The workers that seal. Each has the module and, for the length of one job, the key of one content; none has a key
 * of the account. Started when the first job comes, so that signing in does not wait for them.
 */
import type { Lanes } from '../skin';
import { explain } from './explain';
import type { Lane, StartLane } from './lanes';

export interface Job {
  job: Uint8Array;
  source: Blob;
}

/** `noted`: the hash of the sealed part is in the journal, so the part may leave. */
export type PoolMessage = Job | { noted: true } | { unnoted: unknown } | 'stop';

export type PoolReply = { ready: true } | { sealed: Uint8Array } | { done: Uint8Array } | { failed: unknown };

/**
 * A lane holds a part of 8 MiB up to four times over (read, in the module, sealed, on its way), and what was dropped
 * until the browser collects it: few lanes keep a tab small, and two already outrun most lines.
 */
const LEAST = 2;
const MOST = 3;

interface Waiting {
  resolve(lane: Lane): void;
  reject(thrown: unknown): void;
}

export class Pool implements Lanes {
  #startLane: StartLane;
  #idle: Lane[] = [];
  #started = 0;
  #queue: Waiting[] = [];

  constructor(startLane: StartLane) {
    this.#startLane = startLane;
  }

  width(): number {
    return Math.max(LEAST, Math.min(MOST, navigator.hardwareConcurrency));
  }

  async run(
    job: Uint8Array,
    source: Blob,
    sealed: (partHash: Uint8Array) => Promise<void>,
    signal: AbortSignal,
  ): Promise<Uint8Array> {
    signal.throwIfAborted();
    const lane = await this.#take();
    try {
      // It may have been stopped while all lanes were taken.
      signal.throwIfAborted();
      return await runOn(lane, { job, source }, sealed, signal);
    } finally {
      this.#giveBack(lane);
    }
  }

  #take(): Promise<Lane> {
    const idle = this.#idle.pop();
    if (idle) return Promise.resolve(idle);
    if (this.#started < this.width()) return this.#start();
    return new Promise((resolve, reject) => this.#queue.push({ resolve, reject }));
  }

  async #start(): Promise<Lane> {
    this.#started += 1;
    try {
      return await untilReady(this.#startLane());
    } catch (thrown) {
      // One that did not start leaves its place to the next: nobody else would wake who waits.
      this.#started -= 1;
      const next = this.#queue.shift();
      if (next) this.#start().then(next.resolve, next.reject);
      throw thrown;
    }
  }

  #giveBack(lane: Lane) {
    const next = this.#queue.shift();
    if (next) next.resolve(lane);
    else this.#idle.push(lane);
  }
}

function untilReady(lane: Lane): Promise<Lane> {
  return new Promise((resolve, reject) => {
    lane.port.onmessage = ({ data }: MessageEvent<PoolReply>) =>
      'failed' in data ? reject(data.failed) : resolve(lane);
    lane.onbroken = reject;
  });
}

function runOn(
  lane: Lane,
  job: Job,
  sealed: (partHash: Uint8Array) => Promise<void>,
  signal: AbortSignal,
): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const { port } = lane;
    const tell = (message: PoolMessage) => port.postMessage(message);
    const stop = () => tell('stop');
    signal.addEventListener('abort', stop, { once: true });
    const settle = (act: () => void) => {
      signal.removeEventListener('abort', stop);
      port.onmessage = lane.onbroken = null;
      act();
    };
    port.onmessage = ({ data }: MessageEvent<PoolReply>) => {
      if ('sealed' in data) {
        sealed(data.sealed).then(
          () => tell({ noted: true }),
          (thrown: unknown) => tell({ unnoted: explain(thrown) }),
        );
      } else if ('done' in data) settle(() => resolve(data.done));
      else if ('failed' in data) settle(() => reject(data.failed));
    };
    lane.onbroken = (thrown) => settle(() => reject(thrown));
    tell(job);
  });
}
