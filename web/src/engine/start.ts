/** The page's side of the engine: starts the worker, and starts it anew if the line broke before all of it was here. */
import { trustedUrl } from '../policy';
import type { Engine, EngineError, EngineEvent } from './api';
import { startLanesFor } from './lanes';
import { compile } from './module';
import { callOver, type Line } from './rpc';
import engineUrl from './worker/main.ts?worker&url';

type Hear = (event: EngineEvent) => void;

export interface Connection {
  engine: Engine;
  listen(hear: Hear): void;
}

export function start(): Connection {
  const hearers: Hear[] = [];
  let attempt = new Attempt(hearers);
  const engine = new Proxy({} as Engine, {
    get(_, method) {
      if (attempt.isWorthAnother) attempt = new Attempt(hearers);
      return Reflect.get(attempt.engine, method);
    },
  });
  return { engine, listen: (hear) => hearers.push(hear) };
}

class Attempt {
  /** Something did not come that may come the next time. */
  isWorthAnother = false;
  #worker: Worker;
  #line: Line;

  constructor(hearers: Hear[]) {
    const compiling = compile();
    this.#worker = new Worker(trustedUrl(engineUrl), { type: 'module', name: 'postern-engine' });
    startLanesFor(this.#worker, compiling);
    this.#line = callOver(this.#worker, (event) => {
      for (const hear of hearers) hear(event);
    });
    void compiling.then((compiled) => {
      if ('module' in compiled) this.#worker.postMessage(compiled);
      else this.#fail(compiled.noModule);
    });
    this.#worker.addEventListener('error', ({ message }) => {
      // What is thrown in it has a message, and whoever called hears of it; a script that does not load has none.
      if (message === undefined) this.#fail({ kind: 'offline' });
    });
  }

  get engine(): Engine {
    return this.#line.engine;
  }

  #fail(error: EngineError) {
    this.isWorthAnother = error.kind === 'offline';
    this.#worker.terminate();
    this.#line.breakOff(error);
  }
}
