/** Letters in the other engines: what is done against those that are not written to be read holds in each of them. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { en } from '../src/strings/en';
import { type AnyBrowser, press, seeText, signUp, until } from './browser/any';
import { bring, letter } from './browser/post';
import { openFirefox } from './browser/puppets';
import { type Server, startServer } from './browser/server';
import { ada } from './browser/steps';
import { elsewhere, html, tricks } from './browser/tricks';
import { openWebKit } from './browser/webkit';

let server: Server;

beforeAll(async () => {
  server = await startServer();
});

afterAll(() => server.stop());

test.each([
  ['Firefox', openFirefox],
  ['WebKitGTK', openWebKit],
] as const)('h1_nothing_in_a_letter_runs_asks_or_goes_anywhere in %s', async (name, openBrowser) => {
  const catcher = await elsewhere();
  const reader = name.toLowerCase();
  const browser = await openBrowser();
  await signUp(browser, server.url, { ...ada, name: reader });
  for (const [number, trick] of tricks(catcher.url).entries()) {
    await read(browser, reader, `Trick ${number}`, `<p>Before</p>${trick}`);
    expect(await browser.run<string>('return document.title'), trick).toContain(en.app.name);
  }
  expect(catcher.asked).toEqual([]);
  // All that was in vain would have come through.
  await read(browser, reader, 'A picture', `<p>Before</p><img src="${catcher.url}/picture.gif">`);
  await press(browser, en.mail.loadRemote);
  await expect.poll(() => catcher.asked, { timeout: 20_000 }).toEqual(['/picture.gif']);
  await browser.close();
  catcher.close();
});

/** Brings a letter and opens it, until it is drawn. */
async function read(browser: AnyBrowser, reader: string, subject: string, content: string) {
  const { body, ...headers } = html(content);
  const text = letter(subject, body, headers);
  await bring(server.smtpPort, { from: 'clara@garden.example', to: `${reader}@localhost`, text });
  await browser.goto(`${server.url}/mail`);
  await seeText(browser, subject);
  await until(
    browser,
    `const row = [...document.querySelectorAll('[aria-label="${en.mail.list}"] .open')]
       .find((one) => one.querySelector('.subject').innerText === arguments[0]);
     row?.click();
     return Boolean(row)`,
    [subject],
  );
  await until(
    browser,
    `const frame = document.querySelector('iframe[src^="/reader"]');
     return parseFloat(frame?.style.getPropertyValue('--height')) > 0`,
  );
}
