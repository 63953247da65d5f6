/** Every screen: axe finds nothing serious, and the policy is never violated. */
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { en } from '../src/strings/en';
import { seriousFindings } from './browser/axe';
import { openProfile, type Profile } from './browser/chromium';
import { newFolder } from './browser/folders';
import { writeFolder } from './browser/samples';
import { type Server, startServer } from './browser/server';
import { ada, choose, readKit, share, signUp, waitUntilThrough } from './browser/steps';

let server: Server;
const profiles: Profile[] = [];

beforeAll(async () => {
  server = await startServer();
});

afterAll(async () => {
  expect(profiles.flatMap(({ complaints }) => complaints)).toEqual([]);
  for (const profile of profiles) await profile.close();
  await server.stop();
});

async function open(theme: 'light' | 'dark', width = 1280): Promise<Profile> {
  const profile = await openProfile({ theme, width });
  profiles.push(profile);
  return profile;
}

for (const theme of ['light', 'dark'] as const) {
  test(`the doorways are readable by everybody (${theme})`, async () => {
    const { page } = await open(theme);
    for (const path of [
      '/',
      '/sign-up',
      '/sign-in',
      '/recover',
      '/nowhere',
      '/s/AAAAAAAAAAAAAAAAAAAAAA',
      '/s/short#1x',
    ]) {
      await page.goto(server.url + path);
      await page.getByRole('heading', { level: 1 }).waitFor();
      expect(await seriousFindings(page), path).toEqual([]);
    }
  });

  test(`the rooms behind them are, too (${theme})`, async () => {
    const { page } = await open(theme);
    const person = { ...ada, name: `ada.${theme}` };
    await signUp(page, server.url, person);
    expect(await seriousFindings(page), 'empty drive').toEqual([]);
    await choose(page, en.drive.addFolder, await writeFolder(join(await newFolder(), 'letters'), 6));
    await waitUntilThrough(page, 'letters');
    expect(await seriousFindings(page), 'drive with tray').toEqual([]);
    const link = await share(page, 'letters', { password: 'heron' });
    for (const path of ['/shares', '/settings', link.slice(server.url.length)]) {
      await page.goto(server.url + path);
      await page.getByRole('heading', { level: 1 }).waitFor();
      expect(await seriousFindings(page), path).toEqual([]);
    }
  });
}

test('the dialogs are, too', async () => {
  const { page } = await open('light', 390);
  await signUp(page, server.url, { ...ada, name: 'ada.dialogs' });
  await page.getByRole('button', { name: en.drive.newFolder }).click();
  await page.getByLabel(en.drive.newName).press('Enter');
  const menu = page.getByRole('button', { name: en.drive.actionsFor(en.drive.newFolderName) });
  for (const item of [en.drive.share, en.drive.move, en.drive.remove]) {
    await menu.click();
    await page.getByRole('menuitem', { name: item }).click();
    await page.getByRole('dialog').waitFor();
    expect(await seriousFindings(page), item).toEqual([]);
    await page.keyboard.press('Escape');
  }
});

test('the recovery kit is, too', async () => {
  const { page } = await open('light', 390);
  await page.goto(`${server.url}/sign-up`);
  await page.getByLabel(en.account.name, { exact: true }).fill('kit');
  await page.getByLabel(en.account.password, { exact: true }).fill(ada.password);
  await page.getByRole('button', { name: en.signUp.next }).click();
  await readKit(page);
  expect(await seriousFindings(page)).toEqual([]);
});
