/** What the stories need of a browser that is not Chromium, whichever way it is driven. */
import { setTimeout as pause } from 'node:timers/promises';

export interface OtherBrowser {
  goto(url: string): Promise<void>;
  /** The body of a function; its value must survive JSON. */
  run<T>(body: string, ...args: unknown[]): Promise<T>;
  /** Gives files to the one file input of the page. */
  setFiles(paths: string[]): Promise<void>;
  /** Memory of the processes that hold pages. */
  pageBytes(): Promise<number>;
  /** Where downloads end up. */
  downloads: string;
  close(): Promise<void>;
}

const POLL_MS = 250;

/** Waits for the body of a function to answer something true. */
export async function until<T>(
  browser: OtherBrowser,
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

function said(browser: OtherBrowser): Promise<string> {
  return browser.run<string>('return document.body.innerText');
}

export async function press(browser: OtherBrowser, name: string, timeoutMs = 60_000) {
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
export async function fill(browser: OtherBrowser, label: string, value: string) {
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

export function seeText(browser: OtherBrowser, text: string, timeoutMs = 60_000) {
  return until(browser, 'return document.body.innerText.includes(arguments[0])', [text], timeoutMs);
}
