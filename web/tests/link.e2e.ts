/** What a link must never do: give its secret away, be used up by a scanner, or be tried when it is mangled. */
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { en } from '../src/strings/en';
import { openProfile, type Profile } from './browser/chromium';
import { newFolder } from './browser/folders';
import { sha256, writeFolder, writeRandom } from './browser/samples';
import { type Server, startServer } from './browser/server';
import { ada, choose, share, signUp, waitUntilThrough } from './browser/steps';

let server: Server;
let sender: Profile;
let samples: string;

beforeAll(async () => {
  server = await startServer();
  sender = await openProfile();
  samples = await newFolder();
  await writeRandom(join(samples, 'plan.pdf'), 300_000);
  await writeFolder(join(samples, 'letters'), 5);
  await signUp(sender.page, server.url, ada);
  await choose(sender.page, en.drive.addFiles, join(samples, 'plan.pdf'));
  await choose(sender.page, en.drive.addFolder, join(samples, 'letters'));
  await waitUntilThrough(sender.page, 'plan.pdf', 'letters');
});

afterAll(async () => {
  expect(sender.complaints).toEqual([]);
  await sender.close();
  await server.stop();
});

async function makeLink(name = 'plan.pdf', terms = {}): Promise<string> {
  await sender.page.goto(`${server.url}/drive`);
  return share(sender.page, name, terms);
}

async function asStranger<T>(work: (profile: Profile) => Promise<T>, options = {}): Promise<T> {
  const profile = await openProfile(options);
  const value = await work(profile);
  expect(profile.complaints).toEqual([]);
  await profile.close();
  return value;
}

/** A busy machine takes its time. */
const SAVED_MS = 30_000;

const downloadButton = (page: Page) => page.getByRole('button', { name: en.link.downloadNamed('plan.pdf') });

test('e1_e2_the_secret_of_a_link_is_in_no_request_and_in_no_record_of_the_page', async () => {
  const link = await makeLink();
  const secret = link.split('#')[1] ?? '';
  await asStranger(
    async ({ page, context }) => {
      const sent: string[] = [];
      context.on('request', (request) => {
        // The driver shows the fragment of a navigation; no browser sends it.
        sent.push(request.url().split('#')[0] ?? '', JSON.stringify(request.headers()), request.postData() ?? '');
      });
      await page.goto(link);
      await downloadButton(page).waitFor();
      await Promise.all([page.waitForEvent('download'), downloadButton(page).click()]);
      await page.getByTestId('saved').waitFor();
      const records = await page.evaluate(() => [
        location.href,
        JSON.stringify(history.state),
        document.referrer,
        document.documentElement.outerHTML,
        // The entry of the navigation itself keeps its whole address, for scripts of this page only, and nothing can
        // take it away; that no other script runs here is what the content security policy is for.
        ...performance.getEntriesByType('resource').map(({ name }) => name),
        ...Object.values(localStorage),
      ]);
      for (const text of [...sent, ...records]) expect(text).not.toContain(secret.slice(2, 40));
    },
    { withoutPickers: true },
  );
});

test('e3_a_scanner_that_runs_the_page_uses_nothing_up', async () => {
  const link = await makeLink('plan.pdf', { limit: en.share.limits['1'] });
  for (let visits = 0; visits < 3; visits += 1) {
    await asStranger(async ({ page }) => {
      await fetch(link);
      await page.goto(link);
      await downloadButton(page).waitFor();
    });
  }
  await asStranger(
    async ({ page }) => {
      await page.goto(link);
      await downloadButton(page).waitFor();
      await Promise.all([page.waitForEvent('download'), downloadButton(page).click()]);
      await page.getByTestId('saved').waitFor();
    },
    { withoutPickers: true },
  );
});

test('e7_a_mangled_link_is_explained_and_not_tried', async () => {
  const link = await makeLink();
  await asStranger(async ({ page, context }) => {
    const tried: string[] = [];
    context.on('request', (request) => {
      if (request.url().includes('/api/')) tried.push(request.url());
    });
    for (const mangled of [link.slice(0, -1), link.slice(0, -9), link.replace('#1', '#2'), swapLast(link)]) {
      await page.goto('about:blank');
      await page.goto(mangled);
      await page.getByRole('heading', { name: en.link.mangledTitle }).waitFor();
    }
    expect(tried).toEqual([]);
  });
});

function swapLast(link: string): string {
  return link.slice(0, -1) + (link.endsWith('A') ? 'B' : 'A');
}

test('a link that was taken back says so to whoever had it', async () => {
  const link = await makeLink();
  const { page } = sender;
  await page.goto(`${server.url}/shares`);
  await page
    .getByRole('button', { name: `${en.shares.revoke}: plan.pdf` })
    .first()
    .click();
  await page.getByRole('dialog').getByRole('button', { name: en.shares.revoke }).click();
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await asStranger(async (stranger) => {
    await stranger.page.goto(link);
    const said = [en.link['link-revokedTitle'], en.link.refusedTitle].join('|');
    await stranger.page.getByRole('heading', { name: new RegExp(said) }).waitFor();
  });
});

test('a folder is listed, and each file in it comes as it was', async () => {
  const link = await makeLink('letters');
  await asStranger(
    async ({ page }) => {
      await page.goto(link);
      await page.getByRole('button', { name: 'below' }).click();
      const button = page.getByRole('button', { name: en.link.downloadNamed('note 004.txt') });
      await button.waitFor();
      const [download] = await Promise.all([page.waitForEvent('download'), button.click()]);
      await page.getByTestId('saved').waitFor();
      expect(await sha256(await download.path())).toBe(await sha256(join(samples, 'letters/below/note 004.txt')));
    },
    { withoutPickers: true },
  );
});

test('files of a folder that are fetched in one breath all arrive, and count as the one download that was left', async () => {
  const link = await makeLink('letters', { limit: en.share.limits['1'] });
  const names = ['note 001.txt', 'note 002.txt', 'note 003.txt'];
  await asStranger(
    async ({ page }) => {
      await page.goto(link);
      await page.getByRole('button', { name: en.link.downloadNamed('note 001.txt') }).waitFor();
      const saved: string[] = [];
      page.on('download', (download) => saved.push(download.suggestedFilename()));
      // Nobody clicks as fast: no task of the page's runs in between.
      await page.evaluate((labels) => {
        for (const label of labels) document.querySelector<HTMLElement>(`button[aria-label="${label}"]`)?.click();
      }, names.map(en.link.downloadNamed));
      await expect.poll(() => page.getByTestId('saved').count(), { timeout: SAVED_MS }).toBe(names.length);
      await expect.poll(() => saved.toSorted(), { timeout: SAVED_MS }).toEqual(names);
    },
    { withoutPickers: true },
  );
});

test('where the browser lets the page write files, it writes the picked one', async () => {
  const link = await makeLink();
  await asStranger(async ({ page }) => {
    // No test can answer the browser's own picker: this one picks a private file, everything after it is real.
    await page.addInitScript(() => {
      Object.assign(window, {
        showSaveFilePicker: async ({ suggestedName }: { suggestedName: string }) =>
          (await navigator.storage.getDirectory()).getFileHandle(suggestedName, { create: true }),
      });
    });
    await page.goto(link);
    await downloadButton(page).click();
    await page.getByTestId('saved').waitFor();
    const digest = await page.evaluate(async () => {
      const handle = await (await navigator.storage.getDirectory()).getFileHandle('plan.pdf');
      const bytes = await (await handle.getFile()).arrayBuffer();
      const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
      return [...hash].map((byte) => byte.toString(16).padStart(2, '0')).join('');
    });
    expect(digest).toBe(await sha256(join(samples, 'plan.pdf')));
  });
});
