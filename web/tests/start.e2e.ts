/** A line that breaks while a page is still coming. */
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
