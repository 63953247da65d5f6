/** An engine that lives in memory: for drawing and for tests of the page. No build that is served can reach it. */
import type { Engine, EngineEvent } from '../../src/engine/api';
import type { Connection } from '../../src/engine/start';
import { MemoryEngine } from './engine';

export function start(): Connection {
  const hearers: ((event: EngineEvent) => void)[] = [];
  const engine: Engine = new MemoryEngine((event) => {
    for (const hear of hearers) hear(event);
  });
  return { engine, listen: (hear) => hearers.push(hear) };
}
