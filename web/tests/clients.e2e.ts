/** The browser and the command line are one client in two dresses: each opens what the other made. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { en } from '../src/strings/en';
import { openProfile, type Profile } from './browser/chromium';
import { type Cli, newCli } from './browser/cli';
import { newFolder } from './browser/folders';
import { writeRandom } from './browser/samples';
import { type Server, startServer } from './browser/server';
import { ada, choose, share, signUp, waitUntilThrough } from './browser/steps';

const LINK_PASSWORD = 'swordfish in July';

let server: Server;
let browser: Profile;
let terminal: Cli;

beforeAll(async () => {
  server = await startServer();
  browser = await openProfile({ withoutPickers: true });
  await signUp(browser.page, server.url, ada);
  terminal = await newCli(server.url);
  await terminal(['login', ada.name, '--password-stdin'], ada.password);
});

afterAll(async () => {
  expect(browser.complaints).toEqual([]);
  await browser.close();
  await server.stop();
});

test('the_command_line_opens_what_the_browser_made', async () => {
  const file = await writeRandom(join(await newFolder(), 'plan.pdf'), 300_000);
  await choose(browser.page, en.drive.addFiles, file);
  await waitUntilThrough(browser.page, 'plan.pdf');
  const content = await readFile(file);
  expect(content.equals(await terminal(['get', '/plan.pdf', '-o', '-']))).toBe(true);

  const link = await share(browser.page, 'plan.pdf', { password: LINK_PASSWORD });
  const stranger = await newCli(server.url);
  expect(content.equals(await stranger(['open', link, '-o', '-', '--password-stdin'], LINK_PASSWORD))).toBe(true);
});

test('the_browser_opens_what_the_command_line_made', async () => {
  await terminal(['put', '-', '--to', '/letter.txt'], 'from the terminal');
  await browser.page.goto(`${server.url}/drive`);
  await browser.page.getByRole('button', { name: en.drive.actionsFor('letter.txt') }).waitFor();

  const link = (await terminal(['share', '/letter.txt', '--password-stdin'], LINK_PASSWORD)).toString().trim();
  const stranger = await openProfile({ withoutPickers: true });
  const { page } = stranger;
  await page.goto(link);
  await page.getByLabel(en.link.password, { exact: true }).fill(LINK_PASSWORD);
  await page.getByRole('button', { name: en.link.open }).click();
  const button = page.getByRole('button', { name: en.link.downloadNamed('letter.txt') });
  const [download] = await Promise.all([page.waitForEvent('download'), button.click()]);
  expect(await readFile(await download.path(), 'utf8')).toBe('from the terminal');
  expect(stranger.complaints).toEqual([]);
  await stranger.close();
});
