/** What the main story needs of a browser, whichever it is and whichever way it is driven. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { en } from '../../src/strings/en';
import type { Person } from './steps';

export interface AnyBrowser {
  goto(url: string): Promise<void>;
  /** The body of a function; its value must survive JSON. */
  run<T>(body: string, ...args: unknown[]): Promise<T>;
  reload(): Promise<void>;
  /** Gives files to the one file input of the page. */
  setFiles(paths: string[]): Promise<void>;
  /** Drags files and folders in from "the desktop", where the driver can. */
  drop?(paths: string[]): Promise<void>;
  /** Memory of the processes that hold pages. */
  pageBytes(): Promise<number>;
  /** Memory of all its processes. */
  allBytes(): Promise<number>;
  /** Where downloads end up. */
  downloads: string;
  close(): Promise<void>;
}

const POLL_MS = 250;

/** Waits for the body of a function to answer something true. */
export async function until<T>(
  browser: AnyBrowser,
  body: string,
  args: unknown[] = [],
  timeoutMs = 60_000,
): Promise<T> {
  const end = Date.now() + timeoutMs;
  for (;;) {
    const value = await browser.run<T>(body, ...args);
    if (value) return value;
    if (Date.now() > end)
      throw new Error(`waited in vain for: ${body} ${JSON.stringify(args)}\n${await said(browser)}`);
    await pause(POLL_MS);
  }
}

function said(browser: AnyBrowser): Promise<string> {
  return browser.run<string>('return document.body.innerText');
}

export async function press(browser: AnyBrowser, name: string, timeoutMs = 60_000) {
  await until(
    browser,
    `const button = [...document.querySelectorAll('button, [role=menuitem]')]
       .find((one) => (one.getAttribute('aria-label') ?? one.innerText).trim() === arguments[0] && !one.disabled);
     button?.click();
     return Boolean(button)`,
    [name],
    timeoutMs,
  );
}

/** Fills the field with this label, as the keyboard would: the page hears of it by an input event. */
export async function fill(browser: AnyBrowser, label: string, value: string) {
  await until(
    browser,
    `const label = [...document.querySelectorAll('label')].find((one) => one.innerText.trim() === arguments[0]);
     const field = label && document.getElementById(label.htmlFor);
     if (!field) return false;
     if (field.type === 'checkbox') { field.click(); return true; }
     field.value = arguments[1];
     field.dispatchEvent(new Event('input', { bubbles: true }));
     return true`,
    [label, value],
  );
}

export function seeText(browser: AnyBrowser, text: string, timeoutMs = 60_000) {
  return until(browser, 'return document.body.innerText.includes(arguments[0])', [text], timeoutMs);
}

/** Picks one of several choices by its words. */
export function pick(browser: AnyBrowser, words: string) {
  return until(
    browser,
    `const label = [...document.querySelectorAll('label')].find((one) => one.innerText.trim() === arguments[0]);
     label?.click();
     return Boolean(label)`,
    [words],
  );
}

/** The dialog of the browser itself cannot be driven everywhere: the input behind it can. */
export async function choose(browser: AnyBrowser, button: string, paths: string[]) {
  await browser.run('HTMLInputElement.prototype.click = () => undefined');
  await press(browser, button);
  await browser.setFiles(paths);
}

/** Through all three steps. */
export async function signUp(browser: AnyBrowser, url: string, { name, password }: Person) {
  await browser.goto(`${url}/sign-up`);
  await fill(browser, en.account.name, name);
  await fill(browser, en.account.password, password);
  await fill(browser, en.account.stay, '');
  await press(browser, en.signUp.next);
  const words = await until<string[]>(
    browser,
    `const lines = [...document.querySelectorAll('.kit ol li')];
     return lines.length === 24 && lines.map((line) => line.lastChild.textContent.trim())`,
    [],
    120_000,
  );
  await press(browser, en.kit.next);
  const asked = await until<string[]>(
    browser,
    `const labels = [...document.querySelectorAll('label')].map((one) => one.innerText.trim());
     return labels.length === 3 && labels`,
  );
  for (const label of asked) await fill(browser, label, words[Number(/\d+/.exec(label)?.[0]) - 1] ?? '');
  await press(browser, en.kit.finish);
  await seeText(browser, en.drive.emptyTitle, 120_000);
}

/** Shares an entry of the folder on the screen with a password, for one download; answers the link. */
export async function shareOnce(browser: AnyBrowser, name: string, password: string): Promise<string> {
  await press(browser, en.drive.actionsFor(name));
  await press(browser, en.drive.share);
  await pick(browser, en.share.limits['1']);
  await fill(browser, en.share.password, '');
  await fill(browser, en.account.password, password);
  await press(browser, en.share.create);
  return until<string>(browser, `return document.querySelector('[data-testid=link]')?.value`);
}

/** The path of what was saved. The browser may still be moving it into place when the page has handed over the last byte. */
export async function downloaded({ downloads }: AnyBrowser, bytes: number): Promise<string> {
  for (let tries = 0; tries < 60; tries += 1) {
    for (const name of await readdir(downloads).catch(() => [])) {
      const path = join(downloads, name);
      if ((await stat(path)).size === bytes && !/\.(part|crdownload|wkdownload)$/.test(name)) return path;
    }
    await pause(500);
  }
  throw new Error(`nothing of ${bytes} bytes in ${downloads}: ${await readdir(downloads)}`);
}
