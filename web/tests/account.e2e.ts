/** Signing in and out, staying, recovering, changing the password. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { en } from '../src/strings/en';
import { openProfile, type Profile } from './browser/chromium';
import { newCli } from './browser/cli';
import { newFolder } from './browser/folders';
import { type Server, startServer } from './browser/server';
import { ada, choose, proveKit, readKit, share, signIn, signUp, waitUntilThrough } from './browser/steps';

let server: Server;
let profile: Profile;
let words: string[] = [];

beforeAll(async () => {
  server = await startServer();
  profile = await openProfile();
  words = await signUp(profile.page, server.url, ada);
});

beforeEach(() => profile.page.goto(server.url));

afterAll(async () => {
  expect(profile.complaints).toEqual([]);
  await profile.close();
  await server.stop();
});

test('a device that stays signed in is still in after a reload', async () => {
  await profile.page.getByRole('heading', { name: en.drive.title }).waitFor();
});

test('a name is judged as the server judges it, and spelt in the one way that it has', async () => {
  const other = await openProfile();
  const { page } = other;
  await page.goto(`${server.url}/sign-up`);
  const name = page.getByLabel(en.account.name, { exact: true });
  const refusal = page.getByText(en.errors['name-invalid']);
  await page.getByLabel(en.account.password, { exact: true }).fill(ada.password);
  await page.getByText(en.strength.words[4]).waitFor();
  for (const mistake of ['a..b', 'ab-', 'ä', 'a'.repeat(64)]) {
    await name.fill(mistake);
    await name.press('Enter');
    await refusal.waitFor();
    await name.fill(' Grace.H-2 ');
    await refusal.waitFor({ state: 'detached' });
  }
  await page.getByRole('button', { name: en.signUp.next }).click();
  await readKit(page);
  await page.getByText('grace.h-2', { exact: true }).waitFor();
  await other.close();
});

test('nobody goes on with a password that a thief would guess within a day', async () => {
  const other = await openProfile();
  const { page } = other;
  await page.goto(`${server.url}/sign-up`);
  await page.getByLabel(en.account.name, { exact: true }).fill('ada-lovelace-1815');
  const password = page.getByLabel(en.account.password, { exact: true });
  const next = page.getByRole('button', { name: en.signUp.next });
  for (const weak of ['password1234', 'ada-lovelace-1815']) {
    await password.fill(weak);
    await page.getByText(en.strength.tooWeak).waitFor();
    expect(await next.isEnabled(), weak).toBe(false);
    await password.fill(ada.password);
    await page.getByText(en.strength.words[4]).waitFor();
    expect(await next.isEnabled()).toBe(true);
  }
  await other.close();
});

test('a wrong password is refused without saying what was wrong', async () => {
  const other = await openProfile();
  const { page } = other;
  await page.goto(`${server.url}/sign-in`);
  for (const name of [ada.name, 'nobody']) {
    await page.getByLabel(en.account.name, { exact: true }).fill(name);
    await page.getByLabel(en.account.password, { exact: true }).fill('not this one at all');
    await page.getByRole('button', { name: en.signIn.submit }).click();
    await page.getByRole('alert').getByText(en.errors['wrong-password']).waitFor({ timeout: 60_000 });
  }
  await other.close();
});

/** What a device asks of the server from now on, by its workers as well. */
function listenTo({ context }: Profile): () => string[] {
  const asked: string[] = [];
  context.on('request', (request) => {
    if (request.url().includes('/api/')) asked.push(request.url());
  });
  return () => asked.splice(0);
}

async function endOtherSessions(page: Page) {
  await page.goto(`${server.url}/settings`);
  await page.getByRole('button', { name: en.settings.end }).click();
  await expect.poll(() => page.getByRole('button', { name: en.settings.end }).count()).toBe(0);
}

test('another device can be signed out from here: it shows the way in, and forgets the account', async () => {
  const other = await openProfile();
  const asked = listenTo(other);
  await signIn(other.page, server.url, ada, true);
  expect(asked()).not.toEqual([]);
  await endOtherSessions(profile.page);

  const wayIn = other.page.getByRole('heading', { name: en.signIn.title });
  await wayIn.waitFor();
  asked();
  // For as long as it takes somebody else to come in and out again.
  const third = await openProfile();
  await signIn(third.page, server.url, ada);
  await third.page.getByRole('button', { name: en.nav.signOut, exact: true }).click();
  await third.close();
  expect(asked()).toEqual([]);

  await other.page.goto(`${server.url}/drive`);
  await wayIn.waitFor();
  await other.page.reload();
  await wayIn.waitFor();
  expect(asked()).toEqual([]);
  expect(other.complaints).toEqual([]);
  await other.close();
});

test('whoever signs in next at the same tab sees nothing of who was there before', async () => {
  const other = await openProfile();
  const { page } = other;
  await signUp(page, server.url, { name: 'before', password: ada.password }, false);
  const diary = join(await newFolder('diary'), 'diary.txt');
  await writeFile(diary, 'dear diary');
  await choose(page, en.drive.addFiles, diary);
  await waitUntilThrough(page, 'diary.txt');
  await share(page, 'diary.txt');
  await page.getByRole('link', { name: en.nav.shares }).click();
  await page.getByText('diary.txt').first().waitFor();

  await page.getByRole('button', { name: en.nav.signOut, exact: true }).click();
  await page.getByRole('link', { name: en.welcome.signIn }).first().click();
  // In the same page, without loading it anew: what it holds in memory is what is looked at here.
  await page.getByLabel(en.account.name, { exact: true }).fill(ada.name);
  await page.getByLabel(en.account.password, { exact: true }).fill(ada.password);
  await page.getByRole('button', { name: en.signIn.submit }).click();
  await page.getByRole('link', { name: en.nav.shares }).click();
  await page.getByRole('heading', { name: en.shares.title }).waitFor();
  expect(await page.getByText('diary.txt').count()).toBe(0);
  await page.getByRole('link', { name: en.nav.drive }).click();
  await page.getByRole('heading', { name: en.drive.title }).waitFor();
  expect(await page.getByText('diary.txt').count()).toBe(0);
  expect(other.complaints).toEqual([]);
  await other.close();
});

async function recover(page: Page, kit: string[], password: string) {
  await page.goto(`${server.url}/recover`);
  await page.getByLabel(en.account.name, { exact: true }).fill(ada.name);
  await page.getByLabel(en.recover.words).fill(kit.join(' '));
  await page.getByLabel(en.recover.newPassword, { exact: true }).fill(password);
  await page.getByRole('button', { name: en.recover.submit }).click();
}

test('the kit opens the account when the password is forgotten', async () => {
  const other = await openProfile();
  await recover(other.page, words, 'violet anvil morning tide');
  await other.page.getByRole('heading', { name: en.drive.title }).waitFor({ timeout: 120_000 });
  await other.close();
});

test('the new password is changed for another', async () => {
  const other = await openProfile();
  const { page } = other;
  await signIn(page, server.url, { ...ada, password: 'violet anvil morning tide' });
  await page.getByRole('link', { name: en.nav.settings }).click();
  await page.getByLabel(en.settings.current, { exact: true }).fill('violet anvil morning tide');
  await page.getByLabel(en.settings.next, { exact: true }).fill(ada.password);
  await page.getByRole('button', { name: en.settings.change }).click();
  await page.getByText(en.settings.changed).waitFor({ timeout: 120_000 });
  await page.getByRole('button', { name: en.nav.signOut, exact: true }).click();
  await signIn(page, server.url, ada);
  await other.close();
});

/** As far as the new kit, which is shown. */
async function prepareKeys(page: Page, current: string, next: string): Promise<string[]> {
  await page.getByRole('link', { name: en.nav.settings }).click();
  await page.getByLabel(en.settings.current, { exact: true }).fill(current);
  await page.getByLabel(en.settings.next, { exact: true }).fill(next);
  await page.getByLabel(en.settings.leakedTitle).check();
  await page.getByRole('button', { name: en.settings.toNewKit }).click();
  const kit = await readKit(page);
  await page.getByText(en.settings.newKit).waitFor();
  return kit;
}

const NINE = 'nine lanterns under ice';
const grace = { name: 'grace', password: ada.password };

test('whoever closes the tab between the new kit and the last step goes on with the old password and the old kit', async () => {
  const other = await openProfile();
  await signIn(other.page, server.url, ada);
  const newWords = await prepareKeys(other.page, ada.password, NINE);
  await other.page.getByRole('button', { name: en.kit.next }).click();
  await other.page.getByText(en.settings.checkNewKit).waitFor();
  await other.close();

  const another = await openProfile();
  const { page } = another;
  await recover(page, newWords, NINE);
  await page.getByRole('alert').getByText(en.errors['words-wrong']).waitFor({ timeout: 120_000 });
  await signIn(page, server.url, ada);
  await page.getByRole('button', { name: en.nav.signOut, exact: true }).click();
  await recover(page, words, ada.password);
  await page.getByRole('heading', { name: en.drive.title }).waitFor({ timeout: 120_000 });
  await another.close();
});

test('whoever thinks better of it is told that nothing has changed', async () => {
  const other = await openProfile();
  const { page } = other;
  await signIn(page, server.url, ada);
  await prepareKeys(page, ada.password, NINE);
  await page.getByRole('button', { name: en.settings.keepOld }).click();
  await page.getByText(en.settings.keptOld).waitFor();
  await page.getByRole('button', { name: en.nav.signOut, exact: true }).click();
  await signIn(page, server.url, ada);
  await other.close();
});

test('nothing but the kit comes out of the printer', async () => {
  const other = await openProfile();
  const { page } = other;
  await signIn(page, server.url, ada);
  await prepareKeys(page, ada.password, NINE);
  await page.emulateMedia({ media: 'print' });
  const printed = (await page.locator('body').innerText()).replaceAll(/\s+/g, ' ').trim();
  expect(printed).toMatch(new RegExp(`^${en.kit.printTitle} .* ${en.kit.keep}$`));
  await other.close();
});

test('a password that somebody may know is changed together with the kit, and nothing is lost', async () => {
  const terminal = await newCli(server.url);
  await terminal(['login', ada.name, '--password-stdin'], ada.password);
  await terminal(['put', '-', '--to', '/letter.txt'], 'dear');
  const other = await openProfile();
  const { page } = other;
  await signIn(page, server.url, ada, true);
  const second = await other.context.newPage();
  await second.goto(`${server.url}/drive`);
  await second.getByRole('button', { name: en.drive.actionsFor('letter.txt') }).waitFor();
  const newWords = await prepareKeys(page, ada.password, NINE);
  expect(newWords).not.toEqual(words);
  await page.getByRole('button', { name: en.kit.next }).click();
  await proveKit(page, newWords, en.settings.replaceKeys);
  await page.getByText(en.settings.keysReplaced).waitFor({ timeout: 120_000 });
  // The keys that the other tab had are worth nothing now; it takes up the new ones.
  await terminal(['login', ada.name, '--password-stdin'], NINE);
  await terminal(['put', '-', '--to', '/answer.txt'], 'dear');
  await second.getByRole('button', { name: en.drive.actionsFor('answer.txt') }).waitFor({ timeout: 60_000 });
  await second.close();

  await page.getByRole('button', { name: en.nav.signOut, exact: true }).click();
  await page.getByRole('button', { name: en.nav.signOut, exact: true }).waitFor({ state: 'detached' });
  await recover(page, words, 'an umbrella for two herons');
  await page.getByRole('alert').getByText(en.errors['words-wrong']).waitFor({ timeout: 120_000 });
  await recover(page, newWords, 'an umbrella for two herons');
  await page.getByRole('button', { name: en.drive.actionsFor('letter.txt') }).waitFor({ timeout: 120_000 });
  await terminal(['login', ada.name, '--password-stdin'], 'an umbrella for two herons');
  expect((await terminal(['get', '/letter.txt', '-o', '-'])).toString()).toBe('dear');
  expect(other.complaints).toEqual([]);
  await other.close();
});

test('if no answer comes to the last step, both kits are to be kept, and it can be tried again', async () => {
  const other = await openProfile();
  const { page } = other;
  await signUp(page, server.url, grace);
  const kit = await prepareKeys(page, grace.password, NINE);
  await page.getByRole('button', { name: en.kit.next }).click();
  await page.route('**/account/rotation', (route) => route.abort());
  await proveKit(page, kit, en.settings.replaceKeys);
  await page.getByRole('alert').getByText(en.settings.unsure).waitFor({ timeout: 120_000 });
  expect(await page.getByRole('button', { name: en.settings.keepOld }).count()).toBe(0);
  await page.unrouteAll();
  await page.getByRole('button', { name: en.settings.replaceKeys }).click();
  await page.getByText(en.settings.keysReplaced).waitFor({ timeout: 120_000 });
  await other.close();
});

test('if only the answer to the last step is lost, the new password signs in', async () => {
  const other = await openProfile();
  const { page } = other;
  await signIn(page, server.url, { ...grace, password: NINE });
  const kit = await prepareKeys(page, NINE, grace.password);
  await page.getByRole('button', { name: en.kit.next }).click();
  await page.route('**/account/rotation', async (route) => {
    await route.fetch();
    await route.abort();
  });
  await proveKit(page, kit, en.settings.replaceKeys);
  await page.getByRole('heading', { name: en.signIn.title }).waitFor({ timeout: 120_000 });
  await signIn(page, server.url, grace);
  await other.close();
});
