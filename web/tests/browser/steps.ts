/** What a person does, said once. Everything is found as a person or a screen reader finds it: by its words. */
import { expect } from 'vitest';
import type { Page } from 'playwright-core';
import { en } from '../../src/strings/en';

export interface Person {
  name: string;
  password: string;
}

export const ada: Person = { name: 'ada', password: 'tram orchid glacier button' };

const WORK_MS = 120_000;

/** Through all three steps; answers the words of the kit. */
export async function signUp(page: Page, url: string, { name, password }: Person, stay = true): Promise<string[]> {
  await page.goto(`${url}/sign-up`);
  await page.getByLabel(en.account.name, { exact: true }).fill(name);
  await page.getByLabel(en.account.password, { exact: true }).fill(password);
  if (stay) await page.getByLabel(en.account.stay).check();
  await page.getByRole('button', { name: en.signUp.next }).click();
  const words = await readKit(page);
  await page.getByRole('button', { name: en.kit.next }).click();
  await proveKit(page, words);
  await page.getByRole('heading', { name: en.drive.emptyTitle }).waitFor({ timeout: WORK_MS });
  return words;
}

export async function readKit(page: Page): Promise<string[]> {
  const list = page.getByRole('list', { name: en.kit.wordsLabel });
  await list.waitFor({ timeout: WORK_MS });
  const lines = await list.getByRole('listitem').allInnerTexts();
  const words = lines.map((line) => line.replace(/^\d+\s*/, '').trim());
  expect(words).toHaveLength(24);
  return words;
}

export async function proveKit(page: Page, words: string[], finish: string = en.kit.finish) {
  for (let n = 1; n <= words.length; n += 1) {
    const field = page.getByLabel(en.kit.word(n), { exact: true });
    if (await field.count()) await field.fill(words[n - 1] ?? '');
  }
  await page.getByRole('button', { name: finish, exact: true }).click();
}

export async function signIn(page: Page, url: string, { name, password }: Person, stay = false) {
  await page.goto(`${url}/sign-in`);
  await page.getByLabel(en.account.name, { exact: true }).fill(name);
  await page.getByLabel(en.account.password, { exact: true }).fill(password);
  if (stay) await page.getByLabel(en.account.stay).check();
  await page.getByRole('button', { name: en.signIn.submit }).click();
  await page.getByRole('heading', { name: en.drive.title }).waitFor({ timeout: WORK_MS });
}

/** Picks files (or one folder) in the browser's own dialog. */
export async function choose(page: Page, button: string, paths: string | string[]) {
  const [chooser] = await Promise.all([
    page.waitForEvent('filechooser'),
    page.getByRole('button', { name: button }).first().click(),
  ]);
  await chooser.setFiles(paths);
}

export interface Terms {
  password?: string;
  /** The words on the choice, such as "Once". */
  limit?: string;
}

/** Shares an entry of the folder on the screen; answers the link. */
export async function share(page: Page, name: string, { password, limit }: Terms = {}): Promise<string> {
  await page.getByRole('button', { name: en.drive.actionsFor(name) }).click();
  await page.getByRole('menuitem', { name: en.drive.share }).click();
  const dialog = page.getByRole('dialog');
  if (limit) await dialog.getByText(limit, { exact: true }).click();
  if (password) {
    await dialog.getByLabel(en.share.password).check();
    await dialog.getByLabel(en.account.password, { exact: true }).fill(password);
  }
  await dialog.getByRole('button', { name: en.share.create }).click();
  const link = await dialog.getByLabel(en.share.link, { exact: true }).inputValue({ timeout: WORK_MS });
  await dialog.getByRole('button', { name: en.share.done }).click();
  return link;
}

/**
 * Waits for what was chosen, by the names of files and folders. That everything is through says less: it is so, for a
 * moment, before the second of two handfuls has begun.
 */
export async function waitUntilThrough(page: Page, ...names: string[]) {
  const tray = page.getByRole('region', { name: en.tray.title });
  await tray.waitFor();
  const open = tray.getByRole('button', { name: en.tray.show });
  if (await open.count()) await open.click();
  for (const name of names) {
    await tray
      .getByRole('listitem')
      .filter({ hasText: name })
      .getByText(en.tray.state.done)
      .waitFor({ timeout: WORK_MS });
  }
}
