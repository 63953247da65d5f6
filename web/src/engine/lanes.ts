/**
 * Lanes, the workers that seal, are started by the page and speak with the engine over a port of their own. The engine
 * does not start them itself: in Firefox 153 a worker that starts a worker now and then waits for ever inside
 * `new Worker`, since parent and child sleep on one condition variable and the wrong one is woken.
 */
import { trustedUrl } from '../policy';
import laneUrl from './worker/lane.ts?worker&url';

/** What a lane is given when it begins. */
export interface Outfit {
  /** Compiled once, by the engine. */
  module: WebAssembly.Module;
  /** Over which jobs come, from the engine. */
  port: MessagePort;
}

/** The engine asks for a lane. */
export type Wish = { lane: string } & Outfit;

/** The page tells that one did not start, or threw what nobody caught. */
export interface Breakdown {
  brokenLane: string;
  /** Nothing when its script did not load. */
  why: string | undefined;
}

export function startLanesFor(engine: Worker) {
  engine.addEventListener('message', ({ data }: MessageEvent<Wish | object>) => {
    if (!('lane' in data)) return;
    const { lane, module, port } = data;
    const worker = new Worker(trustedUrl(laneUrl), { type: 'module', name: lane });
    worker.onerror = ({ message }) => engine.postMessage({ brokenLane: lane, why: message } satisfies Breakdown);
    worker.postMessage({ module, port } satisfies Outfit, [port]);
  });
}
