/** The module itself, asked as the engine asks it, for what the page has no button for. It is the one of the suites. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Client, Skin } from '../src/engine/skin';
import { openProfile, type Profile } from './browser/chromium';
import { type Suites, serveSuites } from './browser/suites';

/** Three segments, of which the last is short. */
const SIZE = 20_000_007;
const SEGMENT = 8 << 20;
const PIECE = 1 << 20;
/** Where the sealed bytes of the third segment begin. */
const THIRD = 80 + 2 * 128 * (65_536 + 16);

interface Scene {
  client: Client;
  film: Uint8Array;
  node: string;
  /** What the sink has been given, in this order. */
  got: Uint8Array[];
}
type Prepared = Window & { skin: Skin; scene: Scene };

let suites: Suites;
let profile: Profile;

beforeAll(async () => {
  suites = await serveSuites();
  profile = await openProfile();
  await profile.page.goto(suites.url);
  await profile.page.addScriptTag({
    type: 'module',
    content: `import * as skin from './postern_wasm_suites.js';
      await skin.default({ module_or_path: './postern_wasm_suites_bg.wasm' });
      window.skin = skin;`,
  });
  await profile.page.waitForFunction(() => 'skin' in window);
  await profile.page.evaluate(signUpWithFilm, SIZE);
});

afterAll(async () => {
  expect(profile.complaints).toEqual([]);
  await profile.close();
  await suites.stop();
});

async function signUpWithFilm(size: number) {
  const { skin } = window as unknown as Prepared;
  const kept = new Map<string, Uint8Array>();
  const client = await skin.Client.open({
    origin: `${location.origin}/server/1`,
    label: 'a page',
    device: {
      get: async (key) => kept.get(key),
      put: async (key, value) => void kept.set(key, value),
      delete: async (key) => void kept.delete(key),
      list: async (prefix) => [...kept.keys()].filter((key) => key.startsWith(prefix)),
      lock: async () => () => {},
    },
    lanes: { width: () => 1, run: skin.run_part },
    emit: () => {},
  });
  const { preparationId } = await client.prepareSignUp('ada', 'a gate in a wall');
  const { root } = await client.completeSignUp(preparationId, { stay: false });
  const film = Uint8Array.from({ length: size }, (_, i) => Math.imul(i, 2_654_435_761) >>> 24);
  const node = 'AAAAAAAAAAAAAAAAAAAAAA';
  const file = { id: node, source: new Blob([film]), root, path: [], name: 'film', modifiedMs: 1, mediaType: '' };
  await new Promise<void>((resolve, reject) =>
    client.send([file], (news) => {
      if (news.is === 'failed') reject(news.error);
      if (news.is === 'done') resolve();
    }),
  );
  (window as unknown as Prepared).scene = { client, film, node, got: [] };
}

/** How many bytes the sink has got, and whether they are the film's. */
function gotten() {
  const { film, got } = (window as unknown as Prepared).scene;
  let at = 0;
  const same = got.every((piece) => piece.every((byte) => byte === film[at++]));
  return { bytes: at, same };
}

test('a download that is stopped while a piece is written goes on behind that piece', async () => {
  const outcomes = await profile.page.evaluate(
    async ([segment, piece]) => {
      const { scene } = window as unknown as Prepared;
      const stops = [piece, 3 * piece, segment, segment + 2 * piece];
      let [stopping, bytes] = [new AbortController(), 0];
      scene.got = [];
      const download = scene.client.openDownload(scene.node, {
        async write(chunk) {
          scene.got.push(chunk);
          bytes += chunk.length;
          if (stops.includes(bytes)) stopping.abort();
          await new Promise((resolve) => setTimeout(resolve));
        },
      });
      const outcomes: string[] = [];
      while (outcomes.length <= stops.length) {
        stopping = new AbortController();
        const run = download.run(() => {}, stopping.signal);
        outcomes.push(
          await run.then(
            () => 'done',
            ({ kind }) => kind,
          ),
        );
      }
      download.free();
      return outcomes;
    },
    [SEGMENT, PIECE] as const,
  );
  expect(outcomes).toEqual(['cancelled', 'cancelled', 'cancelled', 'cancelled', 'done']);
  expect(await profile.page.evaluate(gotten)).toEqual({ bytes: SIZE, same: true });
});

test('a buffer that a sink gives back carries another chunk, and no byte of an earlier one', async () => {
  const buffers = await profile.page.evaluate(async () => {
    const { scene } = window as unknown as Prepared;
    const buffers = new Set<ArrayBuffer>();
    scene.got = [];
    const download = scene.client.openDownload(scene.node, {
      async write(chunk) {
        scene.got.push(chunk.slice());
        buffers.add(chunk.buffer);
        return chunk.buffer;
      },
    });
    await download.run(() => {}, new AbortController().signal);
    download.free();
    return buffers.size;
  });
  expect(buffers).toBe(1);
  expect(await profile.page.evaluate(gotten)).toEqual({ bytes: SIZE, same: true });
});

test('a line that breaks while a slow sink writes costs nothing that has come', async () => {
  const heard = await profile.page.evaluate(
    async ([third, pieces]) => {
      const { scene } = window as unknown as Prepared;
      const { fetch } = window;
      const broken = new Promise<void>((tell) => {
        window.fetch = (input, init) => {
          const isThird = new Headers(init?.headers).get('range')?.startsWith(`bytes=${third}-`);
          if (!isThird) return fetch(input, init);
          tell();
          return Promise.resolve(new Response(null, { status: 500 }));
        };
      });
      scene.got = [];
      const download = scene.client.openDownload(scene.node, {
        async write(chunk) {
          scene.got.push(chunk);
          if (scene.got.length <= pieces) return;
          await broken;
          await new Promise((resolve) => setTimeout(resolve));
        },
      });
      const heard: [string, number][] = [];
      const { signal } = new AbortController();
      await download.run((news) => {
        if (news.is !== 'retrying') return;
        heard.push([news.error.kind, scene.got.reduce((bytes, piece) => bytes + piece.length, 0)]);
        window.fetch = fetch;
      }, signal);
      download.free();
      return heard;
    },
    [THIRD, SEGMENT / PIECE] as const,
  );
  expect(heard).toEqual([['unavailable', 2 * SEGMENT]]);
  expect(await profile.page.evaluate(gotten)).toEqual({ bytes: SIZE, same: true });
});
