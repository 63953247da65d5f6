/** The lanes as the engine sees them; the page starts them. */
import type { EngineError } from '../api';
import type { Breakdown, Wish } from '../lanes';
import { fail } from './explain';

export interface Lane {
  port: MessagePort;
  onbroken: ((thrown: EngineError) => void) | null;
}

/** Each call asks the page for one more lane, which says over its port when it is ready. */
export type StartLane = () => Lane;

export function laneStarter(scope: DedicatedWorkerGlobalScope): StartLane {
  const lanes = new Map<string, Lane>();
  scope.addEventListener('message', ({ data }: MessageEvent<Breakdown | object>) => {
    if (!('brokenLane' in data)) return;
    const { brokenLane, why } = data;
    // A script that does not load is waited for like everything that the line keeps back.
    lanes.get(brokenLane)?.onbroken?.(why === undefined ? fail('offline') : fail('internal', `${brokenLane}: ${why}`));
  });
  return () => {
    const { port1, port2 } = new MessageChannel();
    const name = `postern-lane-${lanes.size + 1}`;
    const lane: Lane = { port: port1, onbroken: null };
    lanes.set(name, lane);
    scope.postMessage({ lane: name, port: port2 } satisfies Wish, [port2]);
    return lane;
  };
}
