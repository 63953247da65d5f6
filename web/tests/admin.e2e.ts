/** Somebody administers: a domain, what DNS has to say of it, and whose its addresses are. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { en } from '../src/strings/en';
import { seriousFindings } from './browser/axe';
import { openProfile, type Profile } from './browser/chromium';
import { type Names, startNames } from './browser/names';
import { bring, letter } from './browser/post';
import { type Server, startServer } from './browser/server';
import { ada, signIn, signUp } from './browser/steps';

const words = en.administration;
const DOMAIN = 'garden.example';
const bob = { ...ada, name: 'bob' };

let server: Server;
let names: Names;
let profile: Profile;
let page: Page;

const record = (purpose: string) =>
  page.getByRole('list', { name: words.dns }).getByRole('listitem').filter({ hasText: purpose });
const people = () => page.getByRole('list', { name: words.people });
const write = (local: string, subject: string) => {
  const to = `${local}@${DOMAIN}`;
  return bring(server.smtpPort, { from: 'clara@home.example', to, text: letter(subject, 'Dear Ada,', { To: to }) });
};

beforeAll(async () => {
  names = await startNames();
  const settings = {
    POSTERN_MAIL_DOMAIN: 'files.example',
    POSTERN_MAIL_HOST: 'mx.files.example',
    POSTERN_MAIL_CHECK_SENDERS: 'false',
    POSTERN_MAIL_DNS_SERVER: names.address,
  };
  server = await startServer(settings);
  profile = await openProfile();
  page = profile.page;
  for (const person of [bob, ada]) {
    await signUp(page, server.url, person, false);
    await page.getByRole('button', { name: en.nav.signOut }).click();
    await page.getByRole('link', { name: en.welcome.signUp }).first().waitFor();
  }
  // Nobody becomes an administrator by signing up: it is an account that is there.
  server = await server.again({ ...settings, POSTERN_ADMINISTRATORS: ada.name });
});

afterAll(async () => {
  expect(profile.complaints).toEqual([]);
  await profile.close();
  await server.stop();
  names.stop();
});

test('whom the settings do not name sees nothing of it', async () => {
  await signIn(page, server.url, bob);
  await page.getByRole('link', { name: en.nav.settings }).waitFor();
  expect(await page.getByRole('link', { name: en.nav.administration }).count()).toBe(0);
  await page.evaluate(() => {
    history.pushState(null, '', '/administration');
    dispatchEvent(new PopStateEvent('popstate'));
  });
  await page.getByText(en.errors['not-administrator']).waitFor();
  await page.getByRole('button', { name: en.nav.signOut }).click();
});

test('a domain is added as people write it', async () => {
  await signIn(page, server.url, ada);
  await page.getByRole('link', { name: en.nav.administration }).click();
  await page.getByRole('link', { name: /^files\.example/ }).waitFor();
  await page.getByLabel(words.add).fill('no domain');
  await page.getByRole('button', { name: words.addIt, exact: true }).click();
  await page.getByText(en.errors['domain-invalid']).waitFor();
  expect(await seriousFindings(page)).toEqual([]);
  await page.getByLabel(words.add).fill(' Garden.Example ');
  await page.getByRole('button', { name: words.addIt, exact: true }).click();
  await page.getByRole('heading', { name: DOMAIN, level: 1 }).waitFor();
});

test('what is copied from the page and published is right when one looks again', async () => {
  await page.getByText(words.needed(4)).waitFor();
  expect(await seriousFindings(page)).toEqual([]);
  names.publish('A', 'mx.files.example', '192.0.2.25');
  names.publish('MX', DOMAIN, '10 mx.files.example.');
  names.publish('TXT', DOMAIN, 'v=spf1 include:_spf.elsewhere.example -all');
  names.publish('TXT', '_spf.elsewhere.example', 'v=spf1 ip4:198.51.100.7 -all');
  names.publish('TXT', `_dmarc.${DOMAIN}`, 'v=DMARC1; p=reject');
  await profile.context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const key = record(words.purpose.dkim);
  await key.getByRole('button', { name: words.copy(words.value, 'DKIM') }).click();
  await key.getByText(en.common.copied).waitFor({ state: 'attached' });
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  expect(copied).toMatch(/^v=DKIM1; k=rsa; p=MIIBIjAN[\w+/]+IDAQAB$/);
  names.publish('TXT', `postern._domainkey.${DOMAIN}`, copied);
  await page.getByRole('button', { name: words.again }).click();
  await page.getByText(words.needed(1)).waitFor();
  for (const purpose of ['mx', 'dkim', 'dmarc'] as const) {
    await record(words.purpose[purpose]).getByText(words.state.right, { exact: true }).waitFor();
  }
  const spf = record(words.purpose.spf);
  await spf.getByText(words.state.different, { exact: true }).waitFor();
  await spf.getByText('v=spf1 include:_spf.elsewhere.example -all').waitFor();
  await record(words.purpose['mta-sts']).getByText(words.state.missing, { exact: true }).waitFor();
  expect(await seriousFindings(page)).toEqual([]);
});

test('an address is given, and what is written to it arrives', async () => {
  await expect(write('info', 'Nobody is there')).rejects.toThrow('550');
  const form = page.getByRole('form', { name: words.give });
  await form.getByLabel(words.local).fill('info');
  await form.getByLabel(words.account).fill('nobody');
  await form.getByRole('button', { name: words.giveIt }).click();
  await form.getByText(words.noAccount).waitFor();
  await form.getByLabel(words.account).fill(ada.name);
  await form.getByRole('button', { name: words.giveIt }).click();
  await people().getByText(`info@${DOMAIN}`).waitFor();
  await write('info', 'Seeds for the spring');
  await page.getByRole('link', { name: en.nav.mail, exact: true }).click();
  await page.getByText('Seeds for the spring').first().waitFor();
});

test('everything else goes to whom the domain says, or nowhere', async () => {
  await page.getByRole('link', { name: en.nav.administration }).click();
  await page.getByRole('link', { name: new RegExp(`^${DOMAIN}`) }).click();
  const form = page.getByRole('form', { name: words.catchAll });
  await form.getByLabel(words.catchAllAccount).fill(bob.name);
  await form.getByRole('button', { name: words.catchAllSet }).click();
  await form.getByRole('button', { name: words.catchAllClear }).waitFor();
  await write('whoever', 'For whoever it is');
  await form.getByRole('button', { name: words.catchAllClear }).click();
  await page.getByText(words.catchAllNone).waitFor();
  await expect(write('whoever', 'Again')).rejects.toThrow('550');
});

test('what is done by hand beside the server counts at once', async () => {
  expect(await server.byHand('address', 'give', `seeds@${DOMAIN}`, ada.name)).toContain(`goes to ${ada.name}`);
  await write('seeds+spring', 'A list of seeds');
  expect(await server.byHand('address', 'list', DOMAIN)).toBe(
    `info@${DOMAIN}  ${ada.name}\nseeds@${DOMAIN}  ${ada.name}\n`,
  );
  await expect(server.byHand('domain', 'remove', DOMAIN)).rejects.toThrow('--with-addresses');
  await server.byHand('address', 'take', `seeds@${DOMAIN}`);
  await expect(write('seeds', 'Too late')).rejects.toThrow('550');
});

test('an address is taken away, and the domain goes with what is left', async () => {
  await page.getByRole('button', { name: words.takeNamed(`info@${DOMAIN}`, ada.name) }).click();
  await page.getByRole('dialog').getByRole('button', { name: words.take }).click();
  await page.getByText(words.noPeople).waitFor();
  await expect(write('info', 'Too late')).rejects.toThrow('550');
  await page.getByRole('button', { name: words.removeIt }).click();
  expect(await seriousFindings(page)).toEqual([]);
  await page.getByRole('dialog').getByRole('button', { name: words.removeIt }).click();
  await page.getByRole('heading', { name: words.title, level: 1 }).waitFor();
  await page.getByRole('link', { name: /^files\.example/ }).waitFor();
  expect(await page.getByRole('link', { name: new RegExp(`^${DOMAIN}`) }).count()).toBe(0);
});

test('everybody can read these screens', async () => {
  await page.getByLabel(words.add).fill('fields.example');
  await page.getByRole('button', { name: words.addIt, exact: true }).click();
  const seen = page.getByText(words.needed(4));
  for (const colorScheme of ['dark', 'light'] as const) {
    await page.emulateMedia({ colorScheme });
    for (const width of [1280, 390]) {
      await page.setViewportSize({ width, height: 844 });
      await seen.waitFor();
      expect(await seriousFindings(page), `${colorScheme}, ${width}`).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
    }
  }
});
