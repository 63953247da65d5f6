/** A list of many letters, and conversations whose letters lie in several places. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { en } from '../src/strings/en';
import { openProfile, type Profile } from './browser/chromium';
import { bring, letter } from './browser/post';
import { html } from './browser/tricks';
import { type Server, startServer } from './browser/server';
import { ada, signUp } from './browser/steps';

let server: Server;
let profile: Profile;
let page: Page;

const MANY = 60;
const list = () => page.getByRole('list', { name: en.mail.list });
const rows = () => list().getByRole('listitem');
const row = (subject: string) => rows().filter({ hasText: subject });
const subject = (text: string) => page.getByRole('heading', { name: text, level: 1 });
const pane = () => page.getByRole('region', { name: en.mail.reading });
const drawer = (name: string) => page.getByRole('navigation', { name: en.mail.drawers }).getByRole('link', { name });
const send = (text: string) => bring(server.smtpPort, { from: 'clara@garden.example', to: 'ada@localhost', text });
const tick = (text: string) => row(text).getByRole('button', { name: en.mail.select('Clara Weiss') });
const scrolled = () => list().evaluate((element) => element.scrollTop);

/** Letters of one conversation. */
async function sendThread(name: string, letters: number) {
  for (let n = 1; n <= letters; n += 1) {
    const reference = n === 1 ? {} : { References: `<${name}.1@garden.example>` };
    await send(letter(`${name} ${n}`, `Part ${n}.`, { 'Message-ID': `<${name}.${n}@garden.example>`, ...reference }));
  }
}

beforeAll(async () => {
  server = await startServer();
  profile = await openProfile();
  page = profile.page;
  page.setDefaultTimeout(4000);
  await signUp(page, server.url, ada);
  for (let n = 1; n <= MANY; n += 1) await send(letter(`Letter ${n}.`, 'There.'));
  await page.getByRole('link', { name: en.nav.mail, exact: true }).click();
  await page.getByText(en.mail.conversations(MANY)).waitFor();
});

afterAll(async () => {
  expect(profile.complaints).toEqual([]);
  await profile.close();
  await server.stop();
});

test('a list stays where it is when one of its letters is opened, and the keyboard goes on from there', async () => {
  await list().evaluate((element) => element.scrollTo(0, 2_000));
  await row('Letter 35.').getByText('There.').click();
  await subject('Letter 35.').waitFor();
  expect(await scrolled()).toBe(2_000);
  for (const n of [34, 33, 32]) {
    await page.keyboard.press('j');
    await subject(`Letter ${n}.`).waitFor();
  }
  await page.keyboard.press('k');
  await subject('Letter 33.').waitFor();
  await page.keyboard.press('Escape');
  await page.getByText(en.mail.nothingOpen).waitFor();
  // Who hears the page is on the row again.
  await expect.poll(() => page.evaluate(() => document.activeElement?.textContent)).toContain('Letter 33.');
  await page.keyboard.press('Enter');
  await subject('Letter 33.').waitFor();
  await page.goBack();
  await page.getByText(en.mail.nothingOpen).waitFor();
});

test('a letter that comes moves neither the keyboard nor what is in sight', async () => {
  const before = await scrolled();
  await send(letter('Meanwhile', 'There.'));
  await page.getByText(en.mail.conversations(MANY + 1)).waitFor();
  expect(await scrolled()).toBe(before);
  await page.keyboard.press('Enter');
  await subject('Letter 33.').waitFor();
  await page.keyboard.press('Escape');
  await page.getByText(en.mail.nothingOpen).waitFor();
});

test('rows are ticked one by one, as a range, and all; nothing is lost by scrolling', async () => {
  await list().evaluate((element) => element.scrollTo(0, 0));
  await tick('Letter 60.').click();
  await tick('Letter 57.').click({ modifiers: ['Shift'] });
  await page.getByText(en.mail.selected(4)).waitFor();
  await list().evaluate((element) => element.scrollTo(0, element.scrollHeight));
  await tick('Letter 2.').click();
  await page.getByText(en.mail.selected(5)).waitFor();
  await page.getByRole('button', { name: en.mail.selectAll }).click();
  await page.getByText(en.mail.selected(MANY + 1)).waitFor();
  await page.getByRole('button', { name: en.drive.clear }).click();
  await page.getByRole('heading', { name: en.mail.places.inbox, level: 1 }).waitFor();
});

test('what is done to a conversation is done to its letters in that drawer, and undone to where each lay', async () => {
  await list().evaluate((element) => element.scrollTo(0, 0));
  await sendThread('Plan', 3);
  await row('Plan 3').getByText('Part 3.').click();
  await subject('Plan 1').waitFor();
  await pane().getByRole('button', { name: en.mail.archive, exact: true }).click();
  await row('Plan').waitFor({ state: 'detached' });
  await send(letter('Plan 4', 'Part 4.', { References: '<Plan.1@garden.example>' }));
  await row('Plan 4').getByText('Part 4.').click();
  await pane().getByText(en.mail.liesIn(en.mail.places.archive)).first().waitFor();
  await pane().getByRole('button', { name: en.mail.trash }).click();
  await row('Plan').waitFor({ state: 'detached' });
  await drawer(en.mail.places.archive).click();
  await row('Plan 3').waitFor();
  await drawer(en.mail.places.trash).click();
  await row('Plan 4').getByText('Part 4.').click();
  await pane().getByRole('button', { name: en.mail.removeForGood }).click();
  const asked = page.getByRole('dialog', { name: en.mail.remove.title(1) });
  await asked.getByRole('button', { name: en.mail.removeForGood }).click();
  await page.getByText(en.mail.empty('trash')).waitFor();
  await drawer(en.mail.places.archive).click();
  await row('Plan 3').getByText('Part 3.').waitFor();
  expect(await row('Plan 3').getByText('3', { exact: true }).count(), 'the others are all there').toBe(1);
  const search = page.getByRole('searchbox', { name: en.mail.search.label });
  await search.fill('plan');
  await row('Plan 3').waitFor();
  await search.press('Enter');
  await expect.poll(() => page.evaluate(() => document.activeElement?.textContent)).toContain('Plan 3');
  await page.keyboard.press('#');
  await page.getByRole('button', { name: en.mail.undo }).click();
  await drawer(en.mail.places.archive).click();
  await row('Plan 3').waitFor();
  await drawer(en.mail.places.inbox).click();
});

test('the trash is emptied at once if somebody says so, and not by a key that is held down', async () => {
  await list().evaluate((element) => element.scrollTo(0, element.scrollHeight));
  for (const n of [1, 2]) await tick(`Letter ${n}.`).click();
  await page.keyboard.press('Delete');
  await page.getByText(en.mail.movedTo(en.mail.places.trash, 2)).waitFor();
  await drawer(en.mail.places.trash).click();
  await expect.poll(() => rows().count()).toBe(2);
  await page.keyboard.press('Delete');
  await page.getByRole('dialog').waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: en.mail.emptyIt }).click();
  const asked = page.getByRole('dialog', { name: en.mail.remove.title(2) });
  await asked.getByRole('button', { name: en.mail.removeForGood }).click();
  await page.getByText(en.mail.empty('trash')).waitFor();
  await drawer(en.mail.places.inbox).click();
});

test('a letter that comes to a conversation that is read stays folded and unread', async () => {
  await sendThread('Fence', 1);
  await row('Fence 1').getByText('Part 1.').click();
  const first = page.getByRole('region', { name: en.mail.from('Clara Weiss') }).first();
  await first.getByText(en.mail.proof.open).waitFor();
  await send(letter('Fence 2', 'Part 2.', { References: '<Fence.1@garden.example>' }));
  const second = page.getByRole('region', { name: en.mail.from('Clara Weiss') }).nth(1);
  await second.getByRole('button', { expanded: false }).waitFor();
  await first.getByText(en.mail.proof.open).waitFor();
  await row('Fence 2').getByText(en.mail.isUnread).waitFor();
  await second.getByRole('button', { expanded: false }).click();
  await row('Fence 2').getByText(en.mail.isUnread).waitFor({ state: 'detached' });
});

test('a letter that does not come is told where it was opened, with a way back and another try', async () => {
  await page.setViewportSize({ width: 390, height: 844 });
  await page.keyboard.press('Escape');
  await row('Letter 60.').waitFor();
  const bodies = /\/api\/v1\/mail\/[\w-]{22}$/;
  await page.route(bodies, (route) => route.fulfill({ status: 500, body: '' }));
  await row('Letter 59.').getByText('There.').click();
  await pane().getByRole('button', { name: en.reach.retry }).waitFor();
  await page.unroute(bodies);
  await pane().getByRole('button', { name: en.reach.retry }).click();
  await pane().getByText('There.').waitFor();
  await pane().getByRole('button', { name: en.common.back }).click();
  await row('Letter 60.').waitFor();
  await page.setViewportSize({ width: 1280, height: 800 });
});

test('a letter goes on paper whole, and nothing beside it', async () => {
  const lines = Array.from({ length: 200 }, (_, n) => `Line ${n}`).join('\n');
  await send(letter('A long one', lines));
  await row('A long one').getByText('Line 0').click();
  await pane().getByText('Line 199').waitFor();
  await page.emulateMedia({ media: 'print' });
  await expect.poll(() => drawer(en.mail.places.inbox).isVisible()).toBe(false);
  expect(await list().isVisible()).toBe(false);
  const hidden = await pane().evaluate((element) => element.scrollHeight - element.clientHeight);
  expect(hidden, 'nothing of it scrolls out of sight').toBeLessThan(2);
  await page.emulateMedia({ media: 'screen' });
});

test('what is carelessly or badly made is drawn all the same', async () => {
  const pixel = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
  const parts = [
    '--r',
    'Content-Type: text/html',
    '',
    '<p>Before</p><img src="cid:logo%"><img src="cid:constructor"><img id=seen src="cid:a%40b" style="width:9px;height:700px">',
    '<p><a id=lie href="https://evil.example/x">www.bank.example/login</a> <a id=true href="https://a.b.example">b.example</a></p>',
    '<p><a id=link href="#end">To the end</a></p><div style="height:3000px"></div><p id=end>The end</p>',
    '--r',
    'Content-Type: image/png',
    'Content-ID: <a@b>',
    'Content-Transfer-Encoding: base64',
    '',
    pixel,
    '--r--',
  ];
  const headers = { 'MIME-Version': '1.0', 'Content-Type': 'multipart/related; boundary=r' };
  await send(letter('Careless', parts.join('\n'), headers));
  await row('Careless').getByText('Clara Weiss').click();
  const outer = pane().frameLocator('iframe[src^="/reader"]');
  const inner = outer.frameLocator('iframe');
  await inner.getByText('Before').waitFor();
  expect(await inner.locator('#lie').textContent()).toBe('www.bank.example/login [evil.example]');
  expect(await inner.locator('#true').textContent()).toBe('b.example');
  expect(await inner.locator('#seen').getAttribute('src')).toMatch(/^data:image\/png/);
  await expect
    .poll(
      () =>
        pane()
          .locator('iframe')
          .evaluate((frame) => frame.clientHeight),
      { message: 'as high as it is' },
    )
    .toBeGreaterThan(3_700);
  const frames = page.frames().length;
  await inner.locator('#link').evaluate((link: HTMLElement) => link.click());
  await page.waitForTimeout(300);
  expect(page.frames().length).toBe(frames);
  await inner.getByText('The end', { exact: true }).waitFor();
  expect(page.context().pages().length, 'no tab of its own').toBe(1);
});

test('a table that was written for large screens is as narrow as a phone', async () => {
  const body = '<table width=100%><tr><td><table width=560><tr><td width=560>Words that go on and on.</table></table>';
  const { body: text, ...headers } = html(body);
  await page.setViewportSize({ width: 390, height: 844 });
  await page.goto(`${server.url}/mail`);
  await send(letter('On a phone', text, headers));
  await row('On a phone').getByText('Clara Weiss').click();
  const inner = pane().frameLocator('iframe[src^="/reader"]').frameLocator('iframe');
  await inner.getByText('Words that go on').waitFor();
  const beyond = await inner.locator('html').evaluate((letter) => letter.scrollWidth - letter.clientWidth);
  expect(beyond, 'nothing lies beside it').toBe(0);
  await page.setViewportSize({ width: 1280, height: 800 });
  await page.goto(`${server.url}/mail`);
});

test('an invitation says when and where, and its calendar can be saved', async () => {
  const parts = [
    '--b',
    'Content-Type: text/plain',
    '',
    'Will you come?',
    '--b',
    'Content-Type: text/calendar; method=REQUEST; charset=utf-8',
    '',
    'BEGIN:VCALENDAR',
    'METHOD:REQUEST',
    'BEGIN:VEVENT',
    'SUMMARY:Planting',
    'LOCATION:The garden',
    'DTSTART:20260303T140000',
    'DURATION:PT90M',
    'ORGANIZER;CN=Clara Weiss:mailto:clara@garden.example',
    'END:VEVENT',
    'END:VCALENDAR',
    '--b--',
  ];
  const headers = { 'MIME-Version': '1.0', 'Content-Type': 'multipart/alternative; boundary=b' };
  await send(letter('Come on Tuesday', parts.join('\n'), { ...headers, 'Reply-To': 'desk@elsewhere.example' }));
  await row('Come on Tuesday').getByText('Clara Weiss').click();
  const invitation = pane().getByRole('region', { name: en.mail.invitation.kind('REQUEST') });
  await invitation.getByText('Planting').waitFor();
  await invitation.getByText('3 Mar 2026 14:00 – 15:30').waitFor();
  await invitation.getByText('The garden').waitFor();
  await pane().getByText(en.mail.answersTo('desk@elsewhere.example')).waitFor();
  await pane().getByRole('list', { name: en.mail.attachments }).getByRole('listitem').waitFor();
});

test('who closes a letter and goes elsewhere at once is there, and comes back from there', async () => {
  await row('On a phone').getByText('Clara Weiss').click();
  await subject('On a phone').waitFor();
  await page.evaluate(() => {
    for (const key of ['Escape', 'g', 't']) dispatchEvent(new KeyboardEvent('keydown', { key }));
  });
  await page.getByText(en.mail.empty('trash')).waitFor();
  await page.waitForTimeout(300);
  expect(new URL(page.url()).pathname).toBe('/mail/trash');
  await page.goBack();
  await row('On a phone').waitFor();
  await page.getByText(en.mail.nothingOpen).waitFor();
});
