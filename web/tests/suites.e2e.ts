/** The client's suites (`client/tests/server`), in most of which a server lies, with the client as WebAssembly in Chromium. */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { openProfile, type Profile } from './browser/chromium';
import { type Suites, serveSuites } from './browser/suites';

const SOURCES = fileURLToPath(new URL('../../client/tests/server', import.meta.url));
/** What only a browser can do. */
const OURS = fileURLToPath(new URL('../wasm-suites/src/clock.rs', import.meta.url));
const LONG = Boolean(process.env['POSTERN_LONG']);
const LONGEST_MS = LONG ? 12 * 3_600_000 : 300_000;

/** As the sources name them, so that each is a test here without a browser that was asked. */
const CASES = readdirSync(SOURCES)
  .filter((file) => file.endsWith('.rs') && file !== 'stories_of_programs.rs')
  .map((file) => join(SOURCES, file))
  .concat(OURS)
  .flatMap((path) => casesOf(path).map((name) => ({ file: basename(path), name })));

/** The stories in which nobody lies are told of the page itself every time, and here when there is time. */
const NOW = CASES.filter(({ file }) => LONG || !file.startsWith('stories'));

function casesOf(path: string): string[] {
  const [, names = ''] = /^cases!\(([^)]*)\)/m.exec(readFileSync(path, 'utf8')) ?? [];
  return names
    .split(',')
    .map((name) => name.trim())
    .filter(Boolean);
}

let suites: Suites;
let profile: Profile;

beforeAll(async () => {
  suites = await serveSuites();
  profile = await openProfile();
  await profile.page.goto(suites.url);
});

afterEach(() => suites.stopServers());

afterAll(async () => {
  await profile.close();
  await suites.stop();
});

test('every test of the sources is in the module', async () => {
  expect(CASES.length).toBeGreaterThan(50);
  expect((await inWorker('')).toSorted()).toEqual(CASES.map(({ name }) => name).toSorted());
});

test('a test that fails is told', async () => {
  await expect(inWorker('nobody')).rejects.toThrow('a name that `names` gave');
});

test.each(NOW)('in WebAssembly, $name', async ({ name }) => console.log(await inWorker(name)), LONGEST_MS);

/** Runs a test in a worker of its own, and answers what it said; without a name, the names of all. */
function inWorker(name: string): Promise<string[]> {
  return profile.page.evaluate(
    ([name, long]) =>
      new Promise<string[]>((resolve, reject) => {
        const said: string[] = [];
        const worker = new Worker('/worker.js', { type: 'module' });
        const end = (settle: () => void) => {
          worker.terminate();
          settle();
        };
        worker.onerror = (event) => end(() => reject(new Error([...said, event.message].join('\n'))));
        worker.onmessage = ({ data }: MessageEvent<string | string[] | true>) => {
          if (typeof data === 'string') said.push(data);
          else end(() => resolve(data === true ? said : data));
        };
        worker.postMessage([name, long]);
      }),
    [name, LONG] as const,
  );
}
