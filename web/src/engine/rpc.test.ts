import { expect, test } from 'vitest';
import type { Engine, EngineEvent } from './api';
import { answerOver, callOver, tellOver } from './rpc';

function connect(engine: Partial<Engine>) {
  const { port1, port2 } = new MessageChannel();
  const heard: EngineEvent[] = [];
  const { engine: page, breakOff } = callOver(port1, (event) => heard.push(event));
  answerOver(port2, engine as Engine, () => ({ kind: 'internal' }));
  port1.start();
  port2.start();
  return { page, breakOff, port2, heard, close: () => port1.close() };
}

test('answers find their calls, in whatever order they come', async () => {
  const { page, close } = connect({
    listFolder: async (folder) => {
      await new Promise((resolve) => setTimeout(resolve, folder === 'slow' ? 10 : 0));
      return { folder: folder ?? '', path: [], entries: [] };
    },
  });
  const both = await Promise.all([page.listFolder('slow'), page.listFolder('fast')]);
  expect(both.map(({ folder }) => folder)).toEqual(['slow', 'fast']);
  close();
});

test('a failure crosses as an explained error, also of a method that is not there', async () => {
  const { page, close } = connect({ usage: () => Promise.reject(new Error('secret path')) });
  await expect(page.usage()).rejects.toEqual({ kind: 'internal' });
  await expect(page.sessions()).rejects.toEqual({ kind: 'internal' });
  close();
});

test('events arrive beside the answers', async () => {
  const { page, port2, heard, close } = connect({ transfers: async () => [] });
  tellOver(port2, { type: 'shares-changed' });
  await page.transfers();
  expect(heard).toEqual([{ type: 'shares-changed' }]);
  close();
});

test('where nobody answers any more, every call fails', async () => {
  const { page, breakOff, close } = connect({ usage: () => new Promise(() => {}) });
  const asked = page.usage();
  breakOff({ kind: 'offline' });
  await expect(asked).rejects.toEqual({ kind: 'offline' });
  await expect(page.sessions()).rejects.toEqual({ kind: 'offline' });
  close();
});
