/** Where a download goes in a browser that has no service workers: private windows of some, strict settings of others. */
import { basename, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { en } from '../src/strings/en';
import { type AnyBrowser, downloaded, press, seeText, until } from './browser/any';
import { newCli } from './browser/cli';
import { openFirefox } from './browser/puppets';
import { newFolder } from './browser/folders';
import { MIB, sha256, writeRandom } from './browser/samples';
import { type Server, startServer } from './browser/server';
import { ada } from './browser/steps';

const SIZE = 20 * MIB + 7;
const PRIVATE_FILES = `return navigator.storage.getDirectory()
  .then((root) => root.getDirectoryHandle('saving'))
  .then(async (folder) => { let count = 0; for await (const _ of folder.keys()) count += 1; return count; })`;

let server: Server;
let film: string;
let link: string;

beforeAll(async () => {
  server = await startServer();
  film = await writeRandom(join(await newFolder(), 'film.mov'), SIZE);
  const terminal = await newCli(server.url);
  const kit = join(await newFolder(), 'kit.txt');
  await terminal(['signup', ada.name, '--password-stdin', '--recovery-out', kit], ada.password);
  await terminal(['put', film]);
  link = (await terminal(['share', '/film.mov'])).toString().trim();
});

afterAll(() => server.stop());

async function save(browser: AnyBrowser) {
  await browser.goto(link);
  await press(browser, en.link.downloadNamed('film.mov'));
  await seeText(browser, en.link.saved);
  const saved = await downloaded(browser, SIZE);
  expect(basename(saved)).toBe('film.mov');
  expect(await sha256(saved)).toBe(await sha256(film));
}

test('without service workers a file is written privately first, and no copy stays behind', async () => {
  const browser = await openFirefox({ 'dom.serviceWorkers.enabled': false });
  await save(browser);
  expect(await browser.run(PRIVATE_FILES)).toBe(1);
  await browser.reload();
  await until(browser, `${PRIVATE_FILES}.then((count) => count === 0)`);
  await browser.close();
});

test('a private window saves as well', async () => {
  const browser = await openFirefox({ 'browser.privatebrowsing.autostart': true });
  await save(browser);
  await browser.close();
});
