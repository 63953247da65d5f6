/**
 * Calls and answers over a port. Both sides of it are here, so that they cannot drift apart. Other messages may share
 * the port.
 */
import type { Engine, EngineError, EngineEvent, EngineMethod } from './api';

export interface Call {
  call: number;
  method: EngineMethod;
  args: unknown[];
}

type Answer = { call: number; value: unknown } | { call: number; error: EngineError };

export type Reply = Answer | { event: EngineEvent };

/** What a Worker, a worker's own scope and a MessagePort have in common. */
export interface Port {
  postMessage(message: unknown, transfer: Transferable[]): void;
  addEventListener(type: 'message', hear: (event: MessageEvent) => void): void;
}

type Waiting = { resolve: (value: unknown) => void; reject: (error: EngineError) => void };

export interface Line {
  engine: Engine;
  /** Nobody answers there: whatever was called, and whatever is, fails with this. */
  breakOff(error: EngineError): void;
}

/** The page's half: an `Engine` whose every method is a message. */
export function callOver(port: Port, hear: (event: EngineEvent) => void): Line {
  const waiting = new Map<number, Waiting>();
  let calls = 0;
  let broken: EngineError | undefined;
  port.addEventListener('message', ({ data }: MessageEvent<Reply | object>) => {
    if ('event' in data) hear(data.event);
    else if ('call' in data) settle(waiting, data);
  });
  const call = (method: EngineMethod, args: unknown[]) =>
    new Promise((resolve, reject) => {
      if (broken) throw broken;
      calls += 1;
      waiting.set(calls, { resolve, reject });
      port.postMessage({ call: calls, method, args } satisfies Call, portsIn(args));
    });
  const engine = new Proxy({} as Engine, {
    get:
      (_, method) =>
      (...args: unknown[]) =>
        call(method as EngineMethod, args),
  });
  return {
    engine,
    breakOff(error) {
      broken = error;
      for (const { reject } of waiting.values()) reject(error);
      waiting.clear();
    },
  };
}

function settle(waiting: Map<number, Waiting>, reply: Answer) {
  const promise = waiting.get(reply.call);
  waiting.delete(reply.call);
  if ('error' in reply) promise?.reject(reply.error);
  else promise?.resolve(reply.value);
}

/** Ports are handed over, not copied; everything else is cloned. */
function portsIn(args: unknown[]): Transferable[] {
  return args.flatMap((arg) =>
    typeof arg === 'object' && arg !== null && 'port' in arg && arg.port instanceof MessagePort ? [arg.port] : [],
  );
}

/** The engine's half. `explain` turns whatever was thrown into something that may cross. */
export function answerOver(port: Port, engine: Engine, explain: (thrown: unknown) => EngineError) {
  port.addEventListener('message', async ({ data }: MessageEvent<Call | object>) => {
    if (!('call' in data)) return;
    const method = engine[data.method] as ((...args: unknown[]) => Promise<unknown>) | undefined;
    try {
      if (!method) throw new TypeError(`no method ${data.method}`);
      post(port, { call: data.call, value: await method.apply(engine, data.args) });
    } catch (thrown) {
      post(port, { call: data.call, error: explain(thrown) });
    }
  });
}

export function tellOver(port: Port, event: EngineEvent) {
  post(port, { event });
}

function post(port: Port, reply: Reply) {
  port.postMessage(reply, []);
}
