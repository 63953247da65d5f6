/** What interrupts an upload, and how it goes on. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { en } from '../src/strings/en';
import { openProfile, type Profile } from './browser/chromium';
import { newCli } from './browser/cli';
import { dragIn } from './browser/drag';
import { newFolder } from './browser/folders';
import { MIB, sha256, writeFolder, writeRandom } from './browser/samples';
import { type Server, startServer } from './browser/server';
import { ada, choose, signUp, waitUntilThrough } from './browser/steps';

const run = promisify(execFile);

let server: Server;
let profile: Profile;
let film: string;
let people = 0;

beforeAll(async () => {
  server = await startServer();
  film = await writeRandom(join(await newFolder(), 'film.mov'), 100 * MIB);
});
beforeEach(async () => {
  profile = await openProfile({ withoutPickers: true });
  people += 1;
});
afterEach(async () => {
  expect(profile.complaints).toEqual([]);
  await profile.close();
});
afterAll(() => server.stop());

/** Until some of it is at the server, and not all. */
async function waitUntilUnderWay(page: Page) {
  await page.waitForFunction((name) => {
    const bar = document.querySelector(`section [role="progressbar"][aria-label="${name}"]`);
    return Number(bar?.getAttribute('aria-valuenow')) >= 10;
  }, 'film.mov');
}

async function expectSameBytes(page: Page) {
  await page.getByRole('button', { name: en.drive.actionsFor('film.mov') }).click();
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('menuitem', { name: en.drive.download }).click(),
  ]);
  expect(await sha256(await download.path())).toBe(await sha256(film));
}

test('a second page leaves the uploads of the first alone', async () => {
  const { page, context } = profile;
  await signUp(page, server.url, { ...ada, name: `ada.${people}` });
  await choose(page, en.drive.addFiles, film);
  await waitUntilUnderWay(page);
  const second = await context.newPage();
  await second.goto(`${server.url}/drive`);
  await second.getByRole('heading', { name: en.drive.title }).waitFor();
  // Longer than a page that is on its way out may take.
  await second.waitForTimeout(2_500);
  expect(await second.getByText(en.tray.state['needs-file']).count()).toBe(0);
  await waitUntilThrough(page, 'film.mov');
  await second.getByText('film.mov').waitFor();
  await second.close();
  await expectSameBytes(page);
});

test('many small files go in few requests, and become visible together', async () => {
  const { page, context } = profile;
  const folder = await writeFolder(join(await newFolder(), 'letters'), 300);
  const sent: string[] = [];
  context.on('request', (request) => {
    const { pathname } = new URL(request.url());
    if (request.method() !== 'GET' && /\/(contents|batches)/.test(pathname)) sent.push(pathname);
  });
  await signUp(page, server.url, { ...ada, name: `ada.${people}` });
  sent.length = 0;
  await choose(page, en.drive.addFolder, folder);
  await waitUntilThrough(page, 'letters');
  await page.getByRole('row').getByRole('button', { name: 'letters', exact: true }).click();
  await page.getByText('note 299.txt').waitFor();
  expect(await page.getByRole('row').count()).toBe(1 + 225 + 1);
  // 1.7 MB of text: one bundle at a time, and the folders and files that became visible meanwhile.
  expect(sent.length).toBeGreaterThan(2);
  expect(sent.length).toBeLessThan(20);
});

test('a browser that is killed among small files goes on with the rest, and nothing comes twice', async () => {
  const [who, samples] = [{ ...ada, name: `ada.${people}` }, await newFolder()];
  const folder = await writeFolder(join(samples, 'letters'), 1200);
  await signUp(profile.page, server.url, who);
  await choose(profile.page, en.drive.addFolder, folder);
  await profile.page.getByText(/^[1-9]\d* of 1,200 files/).waitFor();
  profile = await openProfile({ withoutPickers: true, ...(await profile.kill()) });
  const { page } = profile;
  await page.goto(`${server.url}/drive`);
  await choose(page, en.tray.chooseFolder, folder);
  await waitUntilThrough(page, 'letters');
  const terminal = await newCli(server.url);
  await terminal(['login', who.name, '--password-stdin'], who.password);
  const copy = join(samples, 'copy');
  await terminal(['get', '/letters', '-o', copy]);
  await run('diff', ['--recursive', folder, copy]);
});

test('a dragged file that may still be read goes on after a reload with one click', async () => {
  const { page, context } = profile;
  // Nobody here can answer the browser's own question. A private copy needs none; everything after that is real.
  await page.addInitScript(() => {
    async function keep(this: DataTransferItem) {
      const file = this.getAsFile();
      if (!file) return null;
      const handle = await (await navigator.storage.getDirectory()).getFileHandle(file.name, { create: true });
      const copy = await handle.createWritable();
      await copy.write(file);
      await copy.close();
      return handle;
    }
    Object.assign(DataTransferItem.prototype, { getAsFileSystemHandle: keep });
  });
  await signUp(page, server.url, { ...ada, name: `ada.${people}` });
  await dragIn(await context.newCDPSession(page), [film]);
  await waitUntilUnderWay(page);
  await page.reload();
  await page.getByRole('button', { name: en.tray.allow }).click();
  await waitUntilThrough(page, 'film.mov');
  expect(await page.getByRole('row').count()).toBe(1 + 1);
  await expectSameBytes(page);
});
