/**
 * Lanes, the workers that seal, are started by the page and speak with the engine over a port of their own. The engine
 * does not start them itself: in Firefox 153 a worker that starts a worker now and then waits for ever inside
 * `new Worker`, since parent and child sleep on one condition variable and the wrong one is woken.
 */
import { trustedUrl } from '../policy';
import type { compile } from './module';
import laneUrl from './worker/lane.ts?worker&url';

/** What a lane is given when it begins. */
export interface Outfit {
  /** Compiled once, for all. */
  module: WebAssembly.Module;
  /** Over which jobs come, from the engine. */
  port: MessagePort;
}

/** The engine asks for a lane. */
export type Wish = { lane: string } & Omit<Outfit, 'module'>;

/** The page tells that one did not start, or threw what nobody caught. */
export interface Breakdown {
  brokenLane: string;
  /** Nothing when its script did not load. */
  why: string | undefined;
}

export function startLanesFor(engine: Worker, compiling: ReturnType<typeof compile>) {
  engine.addEventListener('message', async ({ data }: MessageEvent<Wish | object>) => {
    if (!('lane' in data)) return;
    const { lane, port } = data;
    const compiled = await compiling;
    // Without the module there is no engine that could wish for anything.
    if (!('module' in compiled)) return;
    const { module } = compiled;
    const worker = new Worker(trustedUrl(laneUrl), { type: 'module', name: lane });
    worker.onerror = ({ message }) => engine.postMessage({ brokenLane: lane, why: message } satisfies Breakdown);
    worker.postMessage({ module, port } satisfies Outfit, [port]);
  });
}
