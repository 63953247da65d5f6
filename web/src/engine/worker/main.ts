/** The engine worker: takes the module, and answers the page from then on. */
import type { Engine } from '../api';
import type { Compiled } from '../module';
import { answerOver, type Call, tellOver } from '../rpc';
import type { Client } from '../skin';
import { device } from './device';
import { WorkerEngine } from './engine';
import { explain } from './explain';
import { deviceLabel } from './label';
import { laneStarter } from './lanes';
import { Pool } from './pool';
import { sweepPrivateFiles } from './private-file';
import { skin } from './wasm';

const scope = self as unknown as DedicatedWorkerGlobalScope;

/** The page has it compiled; if that fails, it ends this worker. */
function compiled(): Promise<WebAssembly.Module> {
  return new Promise((resolve) => {
    scope.addEventListener('message', ({ data }: MessageEvent<Compiled | object>) => {
      if ('module' in data) resolve(data.module);
    });
  });
}

async function boot(): Promise<WorkerEngine> {
  await skin.default({ module_or_path: await compiled() });
  const client: Client = await skin.Client.open({
    origin: scope.location.origin,
    label: deviceLabel(scope.navigator.userAgent),
    device,
    lanes: new Pool(laneStarter(scope)),
    emit: (event) => started.hear(event),
  });
  const started = new WorkerEngine(client, (event) => tellOver(scope, event));
  return started;
}

const booting = boot();
// A failure to start is told to whoever asks for something, not to the console alone.
booting.catch(() => undefined);
// Where there are no private files, none is left either.
sweepPrivateFiles().catch(() => undefined);

let restoring: Promise<unknown> | undefined;

/** Calls that come while the module is still coming wait for it, and those about an account until it is reopened. */
const engine = new Proxy({} as Engine, {
  get:
    (_, method) =>
    async (...args: unknown[]) => {
      const started = await booting;
      const call = started[method as Call['method']] as (...args: unknown[]) => Promise<unknown>;
      if (method !== 'restore') {
        await restoring;
        return call.apply(started, args);
      }
      const restored = call.apply(started, args);
      restoring = restored.catch(() => undefined);
      return restored;
    },
});

answerOver(scope, engine, explain);
