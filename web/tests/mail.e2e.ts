/** Mail comes in by SMTP, sealed; it is read, ordered and thrown away in the browser. */
import { readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { en } from '../src/strings/en';
import { seriousFindings } from './browser/axe';
import { openProfile, type Profile } from './browser/chromium';
import { newFolder } from './browser/folders';
import { elsewhere, html, tricks } from './browser/tricks';
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
  profile = await openProfile({ withoutPickers: true });
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
  await expect.poll(() => page.getByText(en.mail.isUnread).count()).toBe(0);
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
  // Nobody has read the first one either, so it is unfolded as well, and is read with this.
  const older = page.getByRole('region', { name: en.mail.from('Clara Weiss') });
  await older.getByText(en.mail.proof.open).waitFor();
  await older.getByRole('button', { expanded: true }).first().click();
  await older.getByText(en.mail.proof.open).waitFor({ state: 'detached' });
  await expect.poll(() => page.getByText(en.mail.isUnread).count()).toBe(0);
});

test('letters are found by the words of their texts, and what makes no sense is told', async () => {
  const search = page.getByRole('searchbox', { name: en.mail.search.label });
  await page.keyboard.press('/');
  await search.fill('flowerp');
  await row('The keys to the garden house').waitFor();
  await expect.poll(() => rows().count()).toBe(1);
  await search.fill('from:ben three');
  await row('Re: Sunday').waitFor();
  await expect.poll(() => rows().count()).toBe(1);
  await search.fill('from:ben flowerpot');
  await page.getByText(en.mail.search.nothing).waitFor();
  await search.fill('before:tomorrow');
  await page.getByRole('alert').getByText('2026-01-31').waitFor();
  expect(page.url(), 'what is looked for stays here').not.toContain('tomorrow');
  await search.press('Escape');
  await page.getByRole('heading', { name: en.mail.places.inbox, level: 1 }).waitFor();
  await expect.poll(() => rows().count()).toBe(2);
});

test('while the words of letters are read it stands there how far that is, and goes by itself', async () => {
  let read = () => {};
  const reading = new Promise<void>((resolve) => (read = resolve));
  const bodies = /\/api\/v1\/mail\/[\w-]{22}$/;
  await page.route(bodies, async (route) => {
    await reading;
    await route.continue();
  });
  await page.reload();
  await row('The keys to the garden house').waitFor();
  await page.getByRole('searchbox', { name: en.mail.search.label }).fill('flowerpot');
  await page.getByText(/^Reading the words .* 0 of/).waitFor();
  read();
  await page.getByText(/^Reading the words/).waitFor({ state: 'detached' });
  await page.unroute(bodies);
  await page.getByRole('searchbox', { name: en.mail.search.label }).press('Escape');
  await expect.poll(() => rows().count()).toBe(2);
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
  const asked = page.getByRole('dialog', { name: en.mail.remove.title(1) });
  await asked.getByRole('button', { name: en.mail.removeForGood }).click();
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
  await row('A gate')
    .getByRole('button', { name: en.mail.starThis('A gate'), pressed: true })
    .waitFor();
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

async function openHtml(subject: string, body: string) {
  const { body: text, ...headers } = html(body);
  await send(letter(subject, text, headers));
  await row(subject).getByText('Clara Weiss').click();
  await page.getByRole('heading', { name: subject }).waitFor();
  const outer = page.frameLocator('iframe[src^="/reader"]');
  await outer.locator('iframe').waitFor();
  return outer.frameLocator('iframe');
}

test('h3_pictures_from_elsewhere_are_loaded_only_if_somebody_asks', async () => {
  await drawer(en.mail.places.inbox).click();
  const server = await elsewhere();
  const inner = await openHtml(
    'A newsletter',
    `<table width=321 cellpadding=7><td>Look:</table><img src="${server.url}/pixel.gif" width=9 height=9><img src="/reader.html">`,
  );
  await inner.getByText('Look:').waitFor();
  // As it was laid out, but for addresses that lead nowhere.
  expect(await inner.locator('table').getAttribute('width')).toBe('321');
  expect(await inner.locator('img[src^="/"]').count()).toBe(0);
  await page.getByText(en.mail.remote(1)).waitFor();
  await page.waitForTimeout(300);
  expect(server.asked).toEqual([]);
  await page.getByRole('button', { name: en.mail.loadRemote }).click();
  await expect.poll(() => server.asked).toEqual(['/pixel.gif']);
  server.close();
});

test('h1_nothing_in_a_letter_runs_asks_or_goes_anywhere', async () => {
  const catcher = await elsewhere();
  // Of a person of their own: what the browser says of all that it did not do would fill the others' records.
  const victim = await openProfile();
  await signUp(victim.page, server.url, { ...ada, name: 'eve' }, false);
  await victim.page.getByRole('link', { name: en.nav.mail, exact: true }).click();
  for (const [number, attempt] of tricks(catcher.url).entries()) {
    const { body, ...headers } = html(`<p>Before</p>${attempt}`);
    const text = letter(`Trick ${number}`, body, headers);
    await bring(server.smtpPort, { from: 'clara@garden.example', to: 'eve@localhost', text });
    const list = victim.page.getByRole('list', { name: en.mail.list });
    await list.getByText(`Trick ${number}`, { exact: true }).click();
    await victim.page.getByRole('heading', { name: `Trick ${number}`, exact: true }).waitFor();
    const outer = victim.page.frameLocator('iframe[src="/reader.html"]');
    await outer.frameLocator('iframe').getByText('Before').waitFor();
    const sandbox = await outer.locator('iframe').getAttribute('sandbox');
    expect(sandbox).toBe('allow-popups allow-popups-to-escape-sandbox');
    expect(await victim.page.title(), attempt).toContain(en.app.name);
    // The page, the reader, and the letter: nothing in it made a frame of its own.
    expect(victim.page.frames().length, attempt).toBe(3);
  }
  await victim.page.waitForTimeout(700);
  expect(catcher.asked).toEqual([]);
  expect(victim.complaints.filter((said) => !said.includes('Content Security Policy'))).toEqual([]);
  await victim.close();
  catcher.close();
});

test('h2_a_part_that_is_left_open_does_not_swallow_the_next_one', async () => {
  const catcher = await elsewhere();
  const parts = [
    '--b',
    'Content-Type: text/html',
    '',
    `<p>Before</p><img src="${catcher.url}/?`,
    '--b',
    'Content-Type: text/plain',
    '',
    'the secret of the second part',
    '--b',
    'Content-Type: text/html',
    '',
    `"><p>After</p><img src="${catcher.url}/own.gif">`,
    '--b--',
  ];
  const headers = { 'MIME-Version': '1.0', 'Content-Type': 'multipart/mixed; boundary=b' };
  await send(letter('An open part', parts.join('\n'), headers));
  await row('An open part').getByText('Clara Weiss').click();
  await page.getByText('the secret of the second part').last().waitFor();
  await page.getByRole('button', { name: en.mail.loadRemote }).first().click();
  await expect.poll(() => catcher.asked).toContain('/own.gif');
  await page.waitForTimeout(300);
  expect(catcher.asked.filter((path) => path !== '/own.gif')).toEqual([]);
  catcher.close();
});

test('h4_nothing_in_a_letter_is_drawn_over_what_the_page_says_of_its_sender', async () => {
  const cover = 'position:fixed;top:-3000px;left:-3000px;width:9000px;height:9000px;z-index:2147483647;background:lime';
  const seal = '<p>✔ bank.example stands behind this sender.</p>';
  await openHtml('A false seal', `<p>Look:</p><div style="${cover}">${seal}</div><style>*{${cover}}</style>`);
  const said = page.getByText(en.mail.proof.open);
  const box = await said.boundingBox();
  const frame = await page.locator('iframe[src^="/reader"]').boundingBox();
  expect(box && frame && box.y + box.height <= frame.y).toBe(true);
  const onTop = await said.evaluate((element) => {
    const { x, y, width, height } = element.getBoundingClientRect();
    return element.contains(document.elementFromPoint(x + width / 2, y + height / 2));
  });
  expect(onTop).toBe(true);
});

test('what is attached is saved as it was, and the whole letter too', async () => {
  const parts = [
    '--b',
    'Content-Type: text/plain; charset=utf-8',
    '',
    'See the plan: https://example.org/plan.',
    '--b',
    'Content-Type: text/plain; name=plan.txt',
    'Content-Disposition: attachment; filename=plan.txt',
    'Content-Transfer-Encoding: base64',
    '',
    Buffer.from('turn left\n').toString('base64'),
    '--b--',
  ];
  const headers = { 'MIME-Version': '1.0', 'Content-Type': 'multipart/mixed; boundary=b' };
  await send(letter('The plan', parts.join('\n'), headers));
  await row('The plan').getByText('Clara Weiss').click();
  await page.getByRole('link', { name: 'https://example.org/plan' }).waitFor();
  await page.getByRole('button', { name: en.mail.actsOn('plan.txt') }).click();
  const [attached] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('menuitem', { name: en.mail.save }).click(),
  ]);
  expect(attached.suggestedFilename()).toBe('plan.txt');
  expect(await readFile(await attached.path(), 'utf8')).toBe('turn left\n');
  await page.getByRole('button', { name: en.mail.headers }).click();
  await page.getByText('multipart/mixed').waitFor();
});

test('what is attached is looked at, and put into the drive', async () => {
  await page.goto(`${server.url}/mail`);
  await row('The plan').getByText('Clara Weiss').click();
  await page.getByRole('button', { name: /^plan\.txt/ }).click();
  const preview = page.getByRole('dialog', { name: 'plan.txt' });
  await expect.poll(() => preview.getByRole('textbox').inputValue()).toBe('turn left\n');
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: en.mail.actsOn('plan.txt') }).click();
  await page.getByRole('menuitem', { name: en.mail.keep }).click();
  await page.getByRole('button', { name: en.mail.keepHere }).click();
  await page.getByText(en.mail.kept('plan.txt', en.drive.title)).waitFor();
  await page.getByRole('link', { name: en.nav.drive, exact: true }).click();
  await page.getByRole('button', { name: 'plan.txt', exact: true }).waitFor();
  await page.getByRole('link', { name: en.nav.mail, exact: true }).click();
});

test('a letter within a letter opens, and nobody vouches for it', async () => {
  const inner = letter('The old quarrel', 'Under water it is quiet.', { From: 'Carol <carol@sea.example>' });
  const outer = ['--b', '', 'See below.', '--b', 'Content-Type: message/rfc822', '', inner, '--b--'].join('\n');
  const headers = { 'MIME-Version': '1.0', 'Content-Type': 'multipart/mixed; boundary=b' };
  await send(letter('Fwd: The old quarrel', outer, headers));
  await row('Fwd: The old quarrel').getByText('Clara Weiss').click();
  await page.getByText(en.mail.within('The old quarrel')).click();
  await page.getByText('Under water it is quiet.').waitFor();
  await page.getByText('Carol <carol@sea.example>').waitFor();
  await page.getByText(en.mail.withinProof).waitFor();
});

test('a folder gets another name, a label another colour, and both can go', async () => {
  const tag = (name: string) => drawer(name);
  await page.getByRole('button', { name: en.mail.make.label }).click();
  await page.getByLabel(en.mail.tagName).fill('Errands');
  await page.getByRole('button', { name: en.mail.makeIt }).click();
  await tag('Errands').waitFor();
  await tag('Errands').hover();
  await page.getByRole('button', { name: `${en.mail.change.label}: Errands` }).click();
  await page.getByLabel(en.mail.tagName).fill('Later');
  await page.getByRole('radio', { name: en.mail.colours[4] }).check({ force: true });
  await page.getByRole('button', { name: en.mail.keepIt }).click();
  await tag('Later').waitFor();
  await tag('Later').hover();
  await page.getByRole('button', { name: `${en.mail.change.label}: Later` }).click();
  expect(await page.getByRole('radio', { name: en.mail.colours[4] }).isChecked()).toBe(true);
  await page.getByRole('button', { name: en.mail.removeTag }).click();
  await page.getByRole('button', { name: en.mail.removeTagSure.label }).click();
  await tag('Later').waitFor({ state: 'detached' });
});

test('mail is brought here from other programs, and all of it taken along', async () => {
  await page.getByRole('link', { name: en.nav.settings, exact: true }).click();
  await page.getByText(ADDRESS, { exact: true }).waitFor();
  const old = (number: number) => letter(`Old letter ${number}`, 'From the attic.', { Status: 'RO' });
  const folder = await newFolder();
  const archive = [1, 2].map((number) => `From x Thu Jan  1 00:00:00 1970\n${old(number)}\n`).join('');
  await writeFile(join(folder, 'old.mbox'), archive);
  await writeFile(join(folder, 'one.eml'), old(3));
  await writeFile(join(folder, 'holiday.pdf'), '%PDF-1.7');
  await writeFile(join(folder, 'huge.eml'), old(4));
  await truncate(join(folder, 'huge.eml'), 129 << 20);
  const bring = async () => {
    const [chooser] = await Promise.all([
      page.waitForEvent('filechooser'),
      page.getByRole('button', { name: en.settings.bringFiles }).click(),
    ]);
    await chooser.setFiles(['huge.eml', 'old.mbox', 'one.eml', 'holiday.pdf'].map((name) => join(folder, name)));
  };
  await bring();
  await page.getByText(en.settings.brought(3, 0)).waitFor();
  await page.getByText(en.settings.notMail(['holiday.pdf'])).waitFor();
  await page.getByText(en.settings.mailTooLarge(['huge.eml'])).waitFor();
  await bring();
  await page.getByText(en.settings.brought(0, 3)).waitFor();
  const [saved] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: en.settings.take }).click(),
  ]);
  const mbox = await readFile(await saved.path(), 'utf8');
  expect(mbox.match(/^From MAILER-DAEMON /gm)?.length).toBeGreaterThan(3);
  expect(mbox).toContain('Subject: Old letter 2\n');
  await page.getByRole('link', { name: en.nav.mail, exact: true }).click();
  await drawer(en.mail.places.archive).click();
  await row('Old letter 1').waitFor();
  await page.getByRole('link', { name: en.nav.settings, exact: true }).click();
  const days = page.getByRole('group', { name: en.settings.emptyTrash }).getByRole('radio');
  await days.nth(0).check({ force: true });
  await page.reload();
  await expect.poll(() => days.nth(0).isChecked()).toBe(true);
  await page.getByRole('link', { name: en.nav.mail, exact: true }).click();
});

test('a page that is out of sight tells that a letter came, and not which', async () => {
  // Chromium without a screen shows no notifications: what the page asks for is what is looked at.
  await page.addInitScript(() => {
    const shown: unknown[] = [];
    Object.assign(globalThis, { shown });
    class Shown {
      static permission = 'granted';
      static requestPermission = async () => 'granted';
      constructor(...told: unknown[]) {
        shown.push(told);
      }
    }
    Object.defineProperty(globalThis, 'Notification', { value: Shown });
    Object.defineProperty(document, 'hidden', { get: () => true });
  });
  await page.goto(`${server.url}/settings`);
  await page.getByLabel(en.settings.notify).check();
  await page.goto(`${server.url}/drive`);
  await page.getByRole('heading', { level: 1 }).first().waitFor();
  await page.waitForTimeout(500);
  await send(letter('A secret for your eyes', 'Only yours.'));
  const shown = () => page.evaluate(() => JSON.stringify((globalThis as unknown as { shown: unknown }).shown));
  await expect
    .poll(shown)
    .toBe(JSON.stringify([[en.app.name, { body: en.mail.arrived(1), tag: 'postern-tell-of-mail' }]]));
  await page.goto(`${server.url}/mail`);
});

test('a list is drawn where it is scrolled to, and another one begins at its top', async () => {
  for (let n = 1; n <= 40; n += 1) await send(letter(`Many of them, ${n}`, 'There.'));
  await drawer(en.mail.places.inbox).click();
  await row('Many of them, 40').waitFor();
  await page.getByRole('list', { name: en.mail.list }).evaluate((list) => list.scrollTo(0, list.scrollHeight));
  await row('Many of them, 1').first().waitFor();
  expect(await row('Many of them, 40').count()).toBe(0);
  await drawer(en.mail.places.all).click();
  await row('Many of them, 40').waitFor();
  expect(await row('Many of them, 10').count()).toBe(0);
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
