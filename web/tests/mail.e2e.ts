/** Mail comes in by SMTP, sealed; it is read, ordered and thrown away in the browser. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { en } from '../src/strings/en';
import { seriousFindings } from './browser/axe';
import { openProfile, type Profile } from './browser/chromium';
import { bring, letter } from './browser/post';
import { type Server, startServer } from './browser/server';
import { ada, signUp } from './browser/steps';

let server: Server;
let profile: Profile;
let page: Page;

const ADDRESS = 'ada@localhost';
const rows = () => page.getByRole('list', { name: en.mail.list }).getByRole('listitem');
const row = (subject: string) => rows().filter({ hasText: subject });
const drawer = (name: string) => page.getByRole('navigation', { name: en.mail.drawers }).getByRole('link', { name });
const send = (text: string) => bring(server.smtpPort, { from: 'clara@garden.example', to: ADDRESS, text });

beforeAll(async () => {
  server = await startServer();
  profile = await openProfile();
  page = profile.page;
  await signUp(page, server.url, ada);
  await page.getByRole('link', { name: en.nav.mail, exact: true }).click();
  await page.getByText(en.mail.empty('inbox')).waitFor();
});

afterAll(async () => {
  expect(profile.complaints).toEqual([]);
  await profile.close();
  await server.stop();
});

test('an empty inbox says to which address people write', async () => {
  await page.getByText(en.mail.emptyInbox(ADDRESS)).waitFor();
});

test('a letter that comes is there without a reload, and is read', async () => {
  await send(letter('The keys to the garden house', 'They hang behind the third flowerpot.'));
  await row('The keys to the garden house')
    .getByRole('button', { name: /Clara Weiss.*Unread/s })
    .click();
  await page.getByRole('heading', { name: 'The keys to the garden house' }).waitFor();
  await page.getByText('They hang behind the third flowerpot.').last().waitFor();
  await page.getByText(en.mail.proof.open).waitFor();
  await page.getByText(en.mail.isUnread).waitFor({ state: 'detached' });
});

test('an answer is with what it answers', async () => {
  const first = letter('Sunday', 'At three?', { 'Message-ID': '<1@home.example>' });
  const second = letter('Re: Sunday', 'At three.', {
    From: 'Ben <ben@home.example>',
    'In-Reply-To': '<1@home.example>',
    References: '<1@home.example>',
  });
  await send(first);
  await send(second);
  await row('Re: Sunday').getByText('Clara Weiss, Ben').click();
  await page
    .getByRole('region', { name: en.mail.from('Ben') })
    .getByText('At three.')
    .waitFor();
  await page
    .getByRole('button', { name: /Clara Weiss.*At three\?/s })
    .last()
    .click();
  await page
    .getByRole('region', { name: en.mail.from('Clara Weiss') })
    .getByText('At three?')
    .last()
    .waitFor();
});

test('what is moved can be moved back, and what is deleted is gone', async () => {
  await send(letter('Win a horse', 'Really.'));
  await row('Win a horse')
    .getByRole('button', { name: en.mail.select('Clara Weiss') })
    .click();
  await page.getByRole('button', { name: en.mail.archive }).first().click();
  await row('Win a horse').waitFor({ state: 'detached' });
  await page.getByRole('button', { name: en.mail.undo }).click();
  await row('Win a horse')
    .getByRole('button', { name: en.mail.select('Clara Weiss') })
    .click();
  await page.getByRole('button', { name: en.mail.trash }).first().click();
  await row('Win a horse').waitFor({ state: 'detached' });
  await drawer(en.mail.places.trash).click();
  await row('Win a horse')
    .getByRole('button', { name: en.mail.select('Clara Weiss') })
    .click();
  await page.getByRole('button', { name: en.mail.removeForGood }).first().click();
  await page.getByText(en.mail.empty('trash')).waitFor();
  await drawer(en.mail.places.inbox).click();
});

test('the keyboard walks, opens, stars and archives', async () => {
  await send(letter('A gate', 'It squeaks.'));
  await row('A gate').waitFor();
  await page.getByRole('heading', { name: en.mail.places.inbox }).click();
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'A gate' }).waitFor();
  await page.keyboard.press('s');
  await row('A gate').getByRole('button', { name: en.mail.star, pressed: true }).waitFor();
  await page.keyboard.press('e');
  await row('A gate').waitFor({ state: 'detached' });
  await page.keyboard.press('g');
  await page.keyboard.press('s');
  await page.getByRole('heading', { name: en.mail.places.starred }).waitFor();
  await row('A gate').waitFor();
  await page.keyboard.press('?');
  await page.getByRole('dialog', { name: en.mail.keysTitle }).waitFor();
  await page.keyboard.press('Escape');
  await drawer(en.mail.places.inbox).click();
});

test('folders and labels are made, and hold what is put there', async () => {
  for (const [what, name] of [
    ['folder', 'Club'],
    ['label', 'Urgent'],
  ] as const) {
    await page.getByRole('button', { name: en.mail.make[what] }).click();
    await page.getByLabel(en.mail.tagName).fill(name);
    await page.getByRole('button', { name: en.mail.makeIt }).click();
    await drawer(name).waitFor();
  }
  await send(letter('The fence', 'It leans.'));
  await row('The fence')
    .getByRole('button', { name: en.mail.select('Clara Weiss') })
    .click();
  await page.getByRole('button', { name: en.mail.move }).first().click();
  await page.getByRole('menuitem', { name: en.mail.labelAs('Urgent') }).click();
  await row('The fence').getByText('Urgent').waitFor();
  await page.getByRole('button', { name: en.mail.move }).first().click();
  await page.getByRole('menuitem', { name: en.mail.moveTo('Club') }).click();
  await row('The fence').waitFor({ state: 'detached' });
  await drawer('Urgent').click();
  await row('The fence').waitFor();
  await drawer('Club').click();
  await row('The fence').getByText('It leans.').click();
  await page.getByRole('heading', { name: 'The fence' }).waitFor();
});

test('everybody can read these screens', async () => {
  for (const path of ['/mail', '/mail/trash', '/mail/starred']) {
    await page.goto(server.url + path);
    await page.getByRole('heading', { level: 1 }).first().waitFor();
    await page.waitForTimeout(300);
    expect(await seriousFindings(page), path).toEqual([]);
  }
  await page.goto(`${server.url}/mail`);
  await rows().first().getByText('Clara Weiss').first().click();
  await page.getByRole('heading', { level: 1 }).last().waitFor();
  expect(await seriousFindings(page), 'a letter').toEqual([]);
});
