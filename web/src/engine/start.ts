/** The page's side of the engine: starts the worker, once. */
import { trustedUrl } from '../policy';
import type { Engine, EngineEvent } from './api';
import { startLanesFor } from './lanes';
import { compile } from './module';
import { callOver } from './rpc';
import engineUrl from './worker/main.ts?worker&url';

export interface Connection {
  engine: Engine;
  listen(hear: (event: EngineEvent) => void): void;
}

export function start(): Connection {
  const hearers: ((event: EngineEvent) => void)[] = [];
  const compiling = compile();
  const worker = new Worker(trustedUrl(engineUrl), { type: 'module', name: 'postern-engine' });
  startLanesFor(worker, compiling);
  void compiling.then((compiled) => worker.postMessage(compiled));
  const engine = callOver(worker, (event) => {
    for (const hear of hearers) hear(event);
  });
  return { engine, listen: (hear) => hearers.push(hear) };
}
