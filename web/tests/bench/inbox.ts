/** A mailbox of many messages that came by SMTP: how long somebody waits for the first of them, and for what is found. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import { en } from '../../src/strings/en';
import { openProfile, type Profile } from '../browser/chromium';
import { letter } from '../browser/post';
import { type Server, startServer } from '../browser/server';
import { ada, signUp } from '../browser/steps';
import { type Heat, leave, race } from './row';

const SIZES = (process.env['POSTERN_INBOX'] ?? '10000,100000').split(',').map(Number);
const SESSIONS = 8;
/** Fewer than the gateway takes over one connection. */
const EACH_CONNECTION = 500;
const SETTLE_MS = 1_500;
const LONG_MS = 4 * 60 * 60_000;
/** As many words as a language has in daily use, some far more often than others. */
const VOCABULARY = 20_000;
const SYLLABLES = 'ba ce di fo gu ha je ki lo mu na pe ri so tu va we xi yo zu'.split(' ');
const NOTE = `Headless Chromium; server and browser on one machine; the messages came through the mail gateway, each with 60 \
words out of 20,000, some far more often than others, as in a language. A new device signs in, and then opens its mail for \
the first time; a known device loads its page anew, in the tab that had it, until the first row is painted. Two words are looked for that are together \
in 1 of 150 messages, once the index is there, from the last letter that is typed; a new device has to fetch the index for \
its first search.`;

export async function inbox() {
  const heats: Heat[] = [];
  for (const size of SIZES) heats.push(...(await measured(size)));
  await leave('inbox', { title: 'A large mailbox', note: NOTE, unit: 'ms', better: 'less', heats });
}

async function measured(size: number): Promise<Heat[]> {
  const server = await startServer({
    POSTERN_LIMITS_ADDRESS_BURST: '100000000',
    POSTERN_LIMITS_ADDRESS_PER_MINUTE: '100000000',
    POSTERN_MAIL_SPOOL_BYTES: String(64 << 20),
  });
  const known = await openProfile();
  await known.context.addInitScript(noteFirstRow, en.mail.list);
  await signUp(known.page, server.url, ada);
  await Promise.all(Array.from({ length: SESSIONS }, (_, session) => pour(server.smtpPort, session, size / SESSIONS)));
  await known.page.goto(`${server.url}/mail`);
  await firstRow(known.page);
  await untilIndexed(known.page, size);
  const name = `${size.toLocaleString('en')} messages`;
  const searches: number[] = [];
  const heats = [
    await race(`first screen, ${name}`, [
      ours('on a new device', 2_000, async () => {
        const fresh = await signedIn(server);
        await sleep(SETTLE_MS);
        const begun = performance.now();
        await fresh.page.getByRole('link', { name: en.nav.mail, exact: true }).click();
        await firstRow(fresh.page);
        const shown = performance.now() - begun;
        searches.push(await found(fresh.page, `${word(9)} ${word(410)}`));
        // It would go on with what it has of the index, and take the machine from whoever is next.
        await fresh.close();
        return shown;
      }),
      ours('on a known device', 300, async () => {
        // The browser before it is still being taken down.
        await sleep(SETTLE_MS);
        await known.page.goto(`${server.url}/mail`);
        return firstRowMs(known.page);
      }),
    ]),
    await race(`search, ${name}`, [
      ours('the first on a new device', null, async () => searches.shift() ?? Number.NaN),
      ours('on a known device', 200, () => found(known.page, `${word(8)} ${word(400)}`)),
    ]),
  ];
  await known.close();
  await server.stop();
  return heats;
}

const ours = (name: string, belowMs: number | null, turn: () => Promise<number>) => ({
  name,
  kind: 'ours' as const,
  goal: belowMs === null ? null : { below: belowMs },
  turn,
});

/** Looked for in each frame, since what is waited for otherwise is looked for ever more seldom. */
const firstRow = (page: Page) =>
  page.waitForFunction((name) => document.querySelector(`[aria-label="${name}"] [role="listitem"] > *`), en.mail.list, {
    polling: 'raf',
    timeout: LONG_MS,
  });

/** In the page, from when it is opened: what drives the browser has a share in nothing. */
function noteFirstRow(list: string) {
  const noted = new MutationObserver(() => {
    if (!document.querySelector(`[aria-label="${list}"] [role="listitem"] > *`)) return;
    noted.disconnect();
    // Once it is on the screen: a frame's own callbacks come before it is laid out and painted.
    requestAnimationFrame(() => setTimeout(() => performance.mark('first-row')));
  });
  noted.observe(document, { childList: true, subtree: true });
}

const firstRowMs = async (page: Page) => {
  const noted = () => performance.getEntriesByName('first-row')[0]?.startTime;
  const handle = await page.waitForFunction(noted, undefined, { timeout: LONG_MS });
  return (await handle.jsonValue()) ?? Number.NaN;
};

const heading = (page: Page, text: string) =>
  page.waitForFunction(
    (text) => [...document.querySelectorAll('h1, h2')].some((heading) => heading.textContent?.trim() === text),
    text,
    { polling: 'raf' },
  );

async function signedIn(server: Server): Promise<Profile> {
  const profile = await openProfile();
  await profile.page.goto(`${server.url}/sign-in`);
  await profile.page.getByLabel(en.account.name, { exact: true }).fill(ada.name);
  await profile.page.getByLabel(en.account.password, { exact: true }).fill(ada.password);
  await profile.page.getByRole('button', { name: en.signIn.submit }).click();
  await profile.page.getByRole('link', { name: en.nav.mail, exact: true }).waitFor();
  return profile;
}

/** From the last letter to the first result. */
async function found(page: Page, query: string): Promise<number> {
  const search = page.getByRole('searchbox', { name: en.mail.search.label });
  await search.fill('');
  await heading(page, en.mail.places.inbox);
  await firstRow(page);
  const begun = performance.now();
  await search.fill(query);
  await heading(page, en.mail.search.title);
  await firstRow(page);
  return performance.now() - begun;
}

/** The device reads each message once. */
async function untilIndexed(page: Page, size: number) {
  const search = page.getByRole('searchbox', { name: en.mail.search.label });
  const deadline = performance.now() + LONG_MS;
  for (;;) {
    await search.fill(word(400));
    await heading(page, en.mail.search.title);
    await firstRow(page);
    const reading = await page.getByText(/^Reading the words|^Older mail/).allInnerTexts();
    if (reading.length === 0) break;
    console.log(`${size}: ${reading.join(' ')}`);
    if (performance.now() > deadline) throw new Error('the index is not finished');
    await page.waitForTimeout(5_000);
  }
}

/** Brings so many messages, one after the other, over connections that are not asked for too much. */
async function pour(port: number, session: number, count: number) {
  for (let first = 0; first < count; first += EACH_CONNECTION) {
    const numbers = Array.from({ length: Math.min(EACH_CONNECTION, count - first) }, (_, at) => first + at);
    await bring(port, session, numbers);
  }
}

async function bring(port: number, session: number, numbers: number[]) {
  const socket = connect(port, '127.0.0.1');
  const lines = createInterface({ input: socket })[Symbol.asyncIterator]();
  const reply = async (): Promise<string> => {
    for (;;) {
      const { value } = await lines.next();
      if (!/^([23]|452)/.test(value ?? '')) throw new Error(`the gateway says ${value}`);
      if (value?.[3] !== '-') return value ?? '';
    }
  };
  const say = (text: string) => {
    socket.write(text);
    return reply();
  };
  await reply();
  await say('EHLO mx.example.net\r\n');
  for (const number of numbers) {
    const seed = number * SESSIONS + session;
    const text = letter(prose(seed, 4), prose(-1 - seed, 60));
    // It is put off while the spool is full, as it is when mail comes in faster than it is handed on for a long time.
    for (let said = '452'; said.startsWith('452'); ) {
      await say('MAIL FROM:<clara@garden.example>\r\n');
      await say('RCPT TO:<ada@localhost>\r\n');
      await say('DATA\r\n');
      said = await say(`${text.replaceAll('\n', '\r\n')}\r\n.\r\n`);
      if (said.startsWith('452')) await sleep(500);
    }
  }
  socket.end('QUIT\r\n');
  await once(socket, 'close');
}

/** The word that stands at this place when they are sorted by how often they are used. */
function word(rank: number): string {
  const syllable = (place: number) => SYLLABLES[Math.floor(rank / SYLLABLES.length ** place) % SYLLABLES.length];
  return [3, 0, 1, 2].map(syllable).join('');
}

/** So many words, the same each time for one seed. */
function prose(seed: number, count: number): string {
  const next = random(seed);
  // Zipf's law: a word that is at place r is there 1/r as often as the first.
  const words = Array.from({ length: count }, () => word(Math.floor(VOCABULARY ** next())));
  return words.join(' ').replaceAll(/(.{70}\S*) /g, '$1\n');
}

/** Numbers from 0 up to 1: mulberry32. */
function random(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
