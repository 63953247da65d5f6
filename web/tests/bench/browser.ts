/** One large file up and down, in Chromium: Postern's page, and a page that sends the same bytes as they are. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { en } from '../../src/strings/en';
import { type AnyBrowser, press, seeText, signUp, until } from '../browser/any';
import { newCli } from '../browser/cli';
import { newFolder } from '../browser/folders';
import { openChromium } from '../browser/puppets';
import { MIB, writeRandom } from '../browser/samples';
import { type Server, startServer } from '../browser/server';
import { ada } from '../browser/steps';
import { type Nginx, startNginx } from './nginx';
import { leave, race, type Runner } from './row';
import { saved } from './saved';

const SIZE_MIB = Number(process.env['POSTERN_LARGE_MIB'] ?? 2048);
const TIMES_PLAIN = 0.8;
const LONG_MS = 10 * 60_000;
const PAGE = fileURLToPath(new URL('./plain.html', import.meta.url));
const PASS = fileURLToPath(new URL('./pass.js', import.meta.url));
const NOTE = `Headless Chromium with an empty profile, a new one for each turn; server and browser on one machine. The \
plain page sends slices of the file of the size of Postern's parts, three at once, to nginx; it seals, hashes and \
checks nothing, and nothing waits for the disk. It does not read them either: the browser does so by itself, without the \
page; what it costs that bytes pass through a page at all, as those must that it seals, the entry below shows. Down, its service worker hands on to the browser's downloads what \
nginx sends, as Postern's does with what it has opened; the link is a download without any page's doing.`;

export async function browser() {
  const film = await writeRandom(join(await newFolder('film'), 'film.mov'), SIZE_MIB * MIB);
  const up = await race('upload', [
    { name: 'Postern', kind: 'ours', goal: null, turn: () => uploadToOurs(film) },
    { ...plain('the same bytes, not sealed, to nginx'), turn: () => uploadToNginx(film) },
    { ...plain('the same, read by the page'), goal: null, turn: () => uploadToNginx(film, '?read') },
  ]);
  const [server, link] = await given(film);
  const nginx = await startPlain();
  await nginx.put('/thing', film);
  const down = await race('download', [
    { name: 'Postern', kind: 'ours', goal: null, turn: () => downloadFromOurs(link) },
    {
      ...plain('the same bytes, not opened, from nginx'),
      turn: () => downloadFromNginx(nginx, '/pass/thing'),
    },
    {
      ...plain('a link to the same bytes at nginx'),
      goal: null,
      turn: () => downloadFromNginx(nginx, '/thing'),
    },
  ]);
  await server.stop();
  await nginx.stop();
  await leave('browser', {
    title: `One file of ${SIZE_MIB} MiB, in a browser`,
    note: NOTE,
    unit: 'MiB/s',
    better: 'more',
    heats: [up, down],
  });
}

function plain(name: string): Omit<Runner, 'turn'> {
  return { name, kind: 'limit', goal: { times: TIMES_PLAIN } };
}

async function uploadToOurs(film: string): Promise<number> {
  const server = await startServer();
  const browser = await openChromium();
  await signUp(browser, server.url, ada);
  const rate = await timed(async () => {
    await browser.drop?.([film]);
    await seeText(browser, en.tray.state.done, LONG_MS);
  });
  await browser.close();
  await server.stop();
  return rate;
}

async function uploadToNginx(film: string, how = ''): Promise<number> {
  const nginx = await startPlain();
  const browser = await openPlain(nginx, how);
  const rate = await timed(async () => {
    await browser.setFiles([film]);
    await until(browser, `return document.title === 'done'`, [], LONG_MS);
  });
  await browser.close();
  await nginx.stop();
  return rate;
}

async function downloadFromOurs(link: string): Promise<number> {
  const browser = await openChromium();
  await browser.goto(link);
  await seeText(browser, 'film.mov');
  const rate = await timed(async () => {
    await press(browser, en.link.downloadNamed('film.mov'));
    await saved(browser, SIZE_MIB * MIB);
  });
  await browser.close();
  return rate;
}

async function downloadFromNginx(nginx: Nginx, path: string): Promise<number> {
  const browser = await openPlain(nginx);
  const rate = await timed(async () => {
    await browser.run(
      `const link = Object.assign(document.createElement('a'), { href: arguments[0] });
       if (arguments[0] === '/thing') link.download = 'thing';
       link.click()`,
      path,
    );
    await saved(browser, SIZE_MIB * MIB);
  });
  await browser.close();
  return rate;
}

/** A server that has the film, and a link to it. */
async function given(film: string): Promise<[Server, string]> {
  const server = await startServer();
  const terminal = await newCli(server.url);
  const kit = join(await newFolder(), 'kit.txt');
  await terminal(['signup', ada.name, '--password-stdin', '--recovery-out', kit], ada.password);
  await terminal(['put', film]);
  const link = (await terminal(['share', '/film.mov'])).toString().trim();
  return [server, link];
}

async function startPlain(): Promise<Nginx> {
  const nginx = await startNginx();
  await nginx.put('/plain.html', PAGE);
  await nginx.put('/pass.js', PASS);
  return nginx;
}

async function openPlain(nginx: Nginx, how = ''): Promise<AnyBrowser> {
  const browser = await openChromium();
  await browser.goto(`${nginx.url}/plain.html${how}`);
  await until(browser, `return document.title === 'ready'`);
  return browser;
}

/** MiB a second of the whole file; nobody waits for the disk to write what was there before. */
async function timed(work: () => Promise<void>): Promise<number> {
  await promisify(execFile)('sync');
  const begun = performance.now();
  await work();
  return (SIZE_MIB * 1000) / (performance.now() - begun);
}
