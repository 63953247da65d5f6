/** Firefox as Debian ships it, by WebDriver BiDi. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import puppeteer from 'puppeteer-core';
import { residentBytes } from './memory';
import type { OtherBrowser } from './other';

const run = promisify(execFile);

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
    pageBytes: () => contentBytes(pid),
    downloads,
    async close() {
      await browser.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Pages live in child processes whose command line ends in "tab". */
async function contentBytes(pid: number): Promise<number> {
  const { stdout } = await run('ps', ['--ppid', String(pid), '-o', 'pid=,args=']).catch(() => ({ stdout: '' }));
  const pids = stdout
    .split('\n')
    .filter((line) => /\btab$/.test(line.trim()))
    .map((line) => Number.parseInt(line, 10));
  const sizes = await Promise.all(pids.map(residentBytes));
  return sizes.reduce((sum, size) => sum + size, 0);
}
