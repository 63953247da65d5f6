/** Firefox as Debian ships it, by WebDriver BiDi. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import puppeteer from 'puppeteer-core';
import { bytesBelow } from './memory';
import type { OtherBrowser } from './other';

export async function openFirefox(): Promise<OtherBrowser> {
  const folder = await mkdtemp(join(tmpdir(), 'postern-firefox-'));
  const downloads = join(folder, 'downloads');
  const browser = await puppeteer.launch({
    browser: 'firefox',
    executablePath: '/usr/bin/firefox-esr',
    headless: true,
    userDataDir: join(folder, 'profile'),
    protocolTimeout: 600_000,
    extraPrefsFirefox: {
      'browser.download.folderList': 2,
      'browser.download.dir': downloads,
      'browser.helperApps.neverAsk.saveToDisk': 'application/octet-stream',
      'browser.download.alwaysOpenPanel': false,
    },
  });
  const page = await browser.newPage();
  const pid = browser.process()?.pid ?? 0;
  return {
    async goto(url) {
      await page.goto(url);
    },
    // Evaluated by the driver, which the page's policy does not bind.
    run: (body, ...args) => page.evaluate(`(function () { ${body} })(...${JSON.stringify(args)})`) as Promise<never>,
    async setFiles(paths) {
      const input = await page.waitForSelector('input[type=file]');
      await (input as unknown as { uploadFile(...files: string[]): Promise<void> }).uploadFile(...paths);
    },
    // Pages and service workers; forked by a helper, so not direct children.
    pageBytes: () => bytesBelow(pid, ['Isolated', 'Web Content', 'WebContent']),
    downloads,
    async close() {
      await browser.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
