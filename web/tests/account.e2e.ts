/** Signing in and out, staying, recovering, changing the password. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { en } from '../src/strings/en';
import { openProfile, type Profile } from './browser/chromium';
import { type Server, startServer } from './browser/server';
import { ada, signIn, signUp } from './browser/steps';

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

test('another device can be signed out from here', async () => {
  const other = await openProfile();
  await signIn(other.page, server.url, ada);
  const { page } = profile;
  await page.goto(`${server.url}/settings`);
  await page.getByRole('button', { name: en.settings.end }).click();
  await expect.poll(() => page.getByRole('button', { name: en.settings.end }).count()).toBe(0);
  await other.close();
});

test('the kit opens the account when the password is forgotten', async () => {
  const other = await openProfile();
  const { page } = other;
  await page.goto(`${server.url}/recover`);
  await page.getByLabel(en.account.name, { exact: true }).fill(ada.name);
  await page.getByLabel(en.recover.words).fill(words.join(' '));
  await page.getByLabel(en.recover.newPassword, { exact: true }).fill('violet anvil morning tide');
  await page.getByRole('button', { name: en.recover.submit }).click();
  await page.getByRole('heading', { name: en.drive.title }).waitFor({ timeout: 120_000 });
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
