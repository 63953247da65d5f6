/** Firefox and Chromium as Debian ships them, driven by puppeteer. */
import { join } from 'node:path';
import puppeteer, { type LaunchOptions, type Page } from 'puppeteer-core';
import { ARGS } from './chromium';
import { dragIn } from './drag';
import { bytesBelow } from './memory';
import type { AnyBrowser } from './any';
import { newFolder, removeFolder } from './folders';

/** WebDriver BiDi. */
export function openFirefox(preferences: Record<string, unknown> = {}): Promise<AnyBrowser> {
  return open('firefox', /^(Isolated|Web ?Content)/, (downloads) => ({
    browser: 'firefox',
    executablePath: '/usr/bin/firefox-esr',
    extraPrefsFirefox: {
      'browser.download.folderList': 2,
      'browser.download.dir': downloads,
      'browser.helperApps.neverAsk.saveToDisk': 'application/octet-stream',
      'browser.download.alwaysOpenPanel': false,
      ...preferences,
    },
  }));
}

export async function openChromium(): Promise<AnyBrowser> {
  const { page, ...browser } = await open('chromium', / --type=renderer /, (downloads) => ({
    browser: 'chrome',
    executablePath: '/usr/bin/chromium',
    args: ARGS,
    downloadBehavior: { policy: 'allow', downloadPath: downloads },
  }));
  return { ...browser, drop: async (paths) => dragIn(await page.createCDPSession(), paths) };
}

/**
 * Without a debugger that listens to the network. One that does, as Playwright's always does, makes each of Chromium's
 * workers keep a copy of what it sends and receives: the tab then grows by hundreds of MiB that no person's tab has, and
 * takes four times as long. Firefox keeps all that was downloaded, outside of the tab.
 */
async function open(
  kind: string,
  pages: RegExp,
  options: (downloads: string) => LaunchOptions,
): Promise<AnyBrowser & { page: Page }> {
  const folder = await newFolder(kind);
  const downloads = join(folder, 'downloads');
  const browser = await puppeteer.launch({
    ...options(downloads),
    headless: true,
    networkEnabled: false,
    userDataDir: join(folder, 'profile'),
    protocolTimeout: 600_000,
  });
  const page = await browser.newPage();
  // Where the page may write files itself it asks the person, which nobody here can answer.
  await page.evaluateOnNewDocument(() => Reflect.deleteProperty(window, 'showSaveFilePicker'));
  const pid = browser.process()?.pid ?? 0;
  return {
    page,
    async goto(url) {
      await page.goto(url);
    },
    async reload() {
      await page.reload();
    },
    // Evaluated by the driver, which the page's policy does not bind.
    run: (body, ...args) => page.evaluate(`(function () { ${body} })(...${JSON.stringify(args)})`) as Promise<never>,
    async setFiles(paths) {
      const input = await page.waitForSelector('input[type=file]');
      await (input as unknown as { uploadFile(...files: string[]): Promise<void> }).uploadFile(...paths);
    },
    // Pages, their workers and service workers; forked by helpers, so not always direct children.
    pageBytes: () => bytesBelow(pid, pages),
    allBytes: () => bytesBelow(pid, /./),
    downloads,
    async close() {
      await browser.close();
      await removeFolder(folder);
    },
  };
}
