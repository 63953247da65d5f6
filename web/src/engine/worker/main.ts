/** The engine worker: loads the module, and answers the page from then on. */
import type { Engine, EngineEvent } from '../api';
import { answerOver, type Call, tellOver } from '../rpc';
import type { Client } from '../skin';
import { device } from './device';
import { WorkerEngine } from './engine';
import { explain } from './explain';
import { deviceLabel } from './label';
import { laneStarter } from './lanes';
import { Pool } from './pool';
import { sweepPrivateFiles } from './private-file';
import { compile, skin } from './wasm';

const scope = self as unknown as DedicatedWorkerGlobalScope;
const tell = (event: EngineEvent) => tellOver(scope, event);

/** What the client says unasked goes to the page; that nobody is signed in any more only if it is still true. */
async function emit(event: EngineEvent) {
  if (event.type !== 'signed-out' || (await (await booting).isSignedOut())) tell(event);
}

async function boot(): Promise<WorkerEngine> {
  const module = await compile();
  await skin.default({ module_or_path: module });
  const client: Client = await skin.Client.open({
    origin: scope.location.origin,
    label: deviceLabel(scope.navigator.userAgent),
    device,
    lanes: new Pool(module, laneStarter(scope)),
    emit: (event) => void emit(event),
  });
  return new WorkerEngine(client, tell);
}

const booting = boot();
// A failure to start is told to whoever asks for something, not to the console alone.
booting.catch(() => undefined);
// Where there are no private files, none is left either.
sweepPrivateFiles().catch(() => undefined);

/** Calls that come while the module is still loading wait for it. */
const engine = new Proxy({} as Engine, {
  get:
    (_, method) =>
    async (...args: unknown[]) => {
      const started = await booting;
      const call = started[method as Call['method']] as (...args: unknown[]) => Promise<unknown>;
      return call.apply(started, args);
    },
});

answerOver(scope, engine, explain);
