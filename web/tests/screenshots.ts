/** Pictures of every screen, light and dark, wide and narrow, of the real thing: into docs/screenshots. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, test } from 'vitest';
import { en } from '../src/strings/en';
import { openProfile, type Profile } from './browser/chromium';
import { newFolder } from './browser/folders';
import { writeFolder, writeRandom } from './browser/samples';
import { bringLetters } from './browser/letters';
import { type Server, startServer } from './browser/server';
import { ada, choose, readKit, share, signUp, waitUntilThrough } from './browser/steps';

const FOLDER = fileURLToPath(new URL('../../docs/screenshots/', import.meta.url));
const SERIES = [
  { size: 'desktop', theme: 'light', width: 1280, height: 860, person: 'ada' },
  { size: 'desktop', theme: 'dark', width: 1280, height: 860, person: 'grace' },
  { size: 'phone', theme: 'light', width: 390, height: 844, person: 'emmy' },
  { size: 'phone', theme: 'dark', width: 390, height: 844, person: 'hedy' },
] as const;

let server: Server;
let samples: string;

beforeAll(async () => {
  await mkdir(FOLDER, { recursive: true });
  server = await startServer();
  samples = await newFolder();
  await writeFolder(join(samples, 'Letters'), 12);
  await writeFolder(join(samples, 'North wall survey'), 4);
  const files: [string, number][] = [
    ['Choir recording 14 June.flac', 9_400_000],
    ['Film, rough cut 3.mov', 31_000_000],
    ['Garden plan.pdf', 382_000],
    ['Letter to the council.pdf', 21_840],
    ['notes.txt', 1_204],
  ];
  for (const [name, bytes] of files) await writeRandom(join(samples, name), bytes);
});

afterAll(() => server.stop());

for (const { size, theme, width, height, person } of SERIES) {
  test(`${theme}, ${size}`, async () => {
    const shoot: Shoot = async (page, name) => {
      await page.evaluate(() => document.fonts.ready);
      await page.waitForTimeout(1200);
      await page.screenshot({ path: join(FOLDER, `${name}-${size}-${theme}.png`) });
    };
    const sender = await openProfile({ theme, width, height });
    await doorways(sender, shoot);
    const link = await rooms(sender, person, shoot);
    await sender.close();
    const receiver = await openProfile({ theme, width, height });
    await given(receiver, link, shoot);
    await receiver.close();
  });
}

type Shoot = (page: Page, name: string) => Promise<void>;

async function doorways({ page }: Profile, shoot: Shoot) {
  for (const [name, path] of [
    ['welcome', '/'],
    ['sign-in', '/sign-in'],
    ['recover', '/recover'],
    ['not-found', '/nowhere'],
  ] as const) {
    await page.goto(server.url + path);
    await shoot(page, name);
  }
  await page.goto(`${server.url}/sign-up`);
  await page.getByLabel(en.account.name, { exact: true }).fill('ada');
  await page.getByLabel(en.account.password, { exact: true }).fill(ada.password);
  await page.getByText(en.strength.words[4]).waitFor();
  await shoot(page, 'sign-up');
  await page.getByRole('button', { name: en.signUp.next }).click();
  await readKit(page);
  await shoot(page, 'recovery-kit');
  await page.getByRole('button', { name: en.kit.next }).click();
  await shoot(page, 'check-kit');
}

async function rooms({ page }: Profile, name: string, shoot: Shoot): Promise<string> {
  await signUp(page, server.url, { ...ada, name });
  await shoot(page, 'empty-drive');
  for (const folder of ['Letters', 'North wall survey']) await choose(page, en.drive.addFolder, join(samples, folder));
  const files = [
    'Choir recording 14 June.flac',
    'Film, rough cut 3.mov',
    'Garden plan.pdf',
    'Letter to the council.pdf',
    'notes.txt',
  ];
  await choose(
    page,
    en.drive.addFiles,
    files.map((file) => join(samples, file)),
  );
  await shoot(page, 'transfers');
  await waitUntilThrough(page, 'Letters', 'North wall survey', 'Choir recording');
  await page.reload();
  await page.getByRole('button', { name: 'notes.txt', exact: true }).waitFor();
  const link = await share(page, 'Film, rough cut 3.mov', { limit: en.share.limits['1'] });
  await shoot(page, 'drive');
  await page.getByRole('button', { name: en.drive.actionsFor('Garden plan.pdf') }).click();
  await page.getByRole('menuitem', { name: en.drive.share }).click();
  await shoot(page, 'share');
  await page.getByRole('button', { name: en.share.create }).click();
  await page.getByTestId('link').waitFor();
  await shoot(page, 'link-ready');
  await page.keyboard.press('Escape');
  await mail(page, name, shoot);
  for (const [picture, path] of [
    ['shares', '/shares'],
    ['settings', '/settings'],
  ] as const) {
    await page.goto(server.url + path);
    await page.getByRole('heading', { level: 1 }).waitFor();
    await shoot(page, picture);
  }
  return link;
}

async function mail(page: Page, name: string, shoot: Shoot) {
  await bringLetters(server.smtpPort, `${name}@localhost`);
  await page.goto(`${server.url}/mail`);
  const list = page.getByRole('list', { name: en.mail.list });
  await list.getByText('Two books are waiting for you').waitFor();
  await shoot(page, 'inbox');
  await list.getByText('The plan for the north bed', { exact: true }).click();
  await page
    .getByRole('button', { name: /North wall/ })
    .first()
    .waitFor();
  await shoot(page, 'letter');
  await page
    .getByRole('button', { name: /North wall/ })
    .first()
    .click();
  await page.getByRole('dialog').getByRole('img').waitFor();
  await shoot(page, 'preview');
  await page.keyboard.press('Escape');
  await page.goto(`${server.url}/mail`);
  await list.getByText('What grows in November', { exact: true }).click();
  await page.getByText(en.mail.remote(1)).waitFor();
  await shoot(page, 'newsletter');
  await page.goto(`${server.url}/mail`);
  await page.getByRole('searchbox', { name: en.mail.search.label }).fill('from:clara wall');
  await list.getByText('The plan for the north bed', { exact: true }).waitFor();
  await shoot(page, 'found');
}

async function given({ page }: Profile, link: string, shoot: Shoot) {
  await page.goto(link);
  await page.getByRole('button', { name: en.link.download }).waitFor();
  await shoot(page, 'link');
  await page.goto(link.slice(0, -3));
  await page.reload();
  await shoot(page, 'link-let-go');
}
