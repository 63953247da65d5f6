/** A line that breaks while a page is still coming, and a page that is older than the server. */
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { en } from '../src/strings/en';
import { openProfile, type Profile } from './browser/chromium';
import { newFolder } from './browser/folders';
import { writeRandom } from './browser/samples';
import { type Server, startServer } from './browser/server';
import { ada, choose, share, signUp, waitUntilThrough } from './browser/steps';

let server: Server;
let known: Profile;
let link: string;

beforeAll(async () => {
  server = await startServer();
  known = await openProfile();
  const plan = join(await newFolder(), 'plan.pdf');
  await writeRandom(plan, 30_000);
  await signUp(known.page, server.url, ada);
  await choose(known.page, en.drive.addFiles, plan);
  await waitUntilThrough(known.page, 'plan.pdf');
  link = await share(known.page, 'plan.pdf', {});
});

afterAll(async () => {
  await known.close();
  await server.stop();
});

/** What the page needs besides itself; Vite names each after the file that it begins with. */
const parts = { 'the module': /\.wasm$/, "the engine's script": /\/assets\/main-[\w-]+\.js$/ };

for (const [name, url] of Object.entries(parts)) {
  test(`${name} that did not come is asked for again`, async () => {
    const { page } = known;
    const restored = await breaks(page, url);
    await page.goto(`${server.url}/drive`);
    await page.getByRole('heading', { name: en.reach.startTitle }).waitFor();
    // In vain the first time.
    await page.getByRole('button', { name: en.reach.retry }).click();
    await page.getByRole('heading', { name: en.reach.startTitle }).waitFor();
    await restored();
    await page.getByRole('button', { name: en.reach.retry }).click();
    await page.getByRole('heading', { name: en.drive.title }).waitFor();
  });

  test(`${name} that did not come costs nobody their link`, async () => {
    const stranger = await openProfile();
    const { page } = stranger;
    const restored = await breaks(page, url);
    await page.goto(link);
    await page.getByText(en.errors.offline).waitFor();
    await restored();
    await page.getByRole('button', { name: en.reach.retry }).click();
    await page.getByRole('button', { name: en.link.downloadNamed('plan.pdf') }).waitFor();
    await stranger.close();
  });
}

test('a page that is older than the server says so, once the server is back', async () => {
  const { page } = known;
  const updated = page.getByText(en.reach.updated);
  const restarted = async () => {
    const looked = page.waitForResponse(`${server.url}/`);
    server = await server.again({});
    await (await looked).finished();
  };
  // Once it hears the server, it asks what has happened.
  const hears = page.waitForResponse(/\/changes\?since=/);
  await page.goto(`${server.url}/drive`);
  await hears;
  await restarted();
  await page.getByText(en.reach.unreachable).waitFor({ state: 'detached' });
  expect(await updated.count()).toBe(0);

  await page.route(`${server.url}/`, async (route) => {
    const response = await route.fetch();
    const newer = (await response.text()).replace(/index-[\w-]+\.js/, 'index-newer.js');
    await route.fulfill({ response, body: newer });
  });
  await restarted();
  await updated.waitFor();
  await page.unroute(`${server.url}/`);
  await page.getByRole('button', { name: en.reach.reload }).click();
  await updated.waitFor({ state: 'detached' });
  await page.getByRole('heading', { name: en.drive.title }).waitFor();
});

/** Requests for this fail; answers what ends that. */
async function breaks(page: Page, url: RegExp): Promise<() => Promise<void>> {
  let broken = 0;
  await page.route(url, (route) => {
    broken += 1;
    return route.abort('connectionreset');
  });
  return async () => {
    expect(broken).toBeGreaterThan(0);
    await page.unroute(url);
  };
}
