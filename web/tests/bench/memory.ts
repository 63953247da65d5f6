/** By how much a browser grows while one very large file passes, in each engine. */
import { open, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { en } from '../../src/strings/en';
import { type AnyBrowser, choose, press, seeText, signUp } from '../browser/any';
import { newCli } from '../browser/cli';
import { newFolder } from '../browser/folders';
import { watch } from '../browser/memory';
import { openChromium, openFirefox } from '../browser/puppets';
import { MIB } from '../browser/samples';
import { startServer } from '../browser/server';
import { ada } from '../browser/steps';
import { openWebKit } from '../browser/webkit';
import { type Entry, type Heat, leave } from './row';
import { saved } from './saved';

const LONG = Boolean(process.env['POSTERN_LONG']);
const asked = (usual: number) => Number(process.env['POSTERN_LARGE_MIB'] ?? usual);
const ENGINES: [name: string, sizeMib: number, open: () => Promise<AnyBrowser>][] = [
  ['Chromium', asked(LONG ? 20_480 : 1024), openChromium],
  ['Firefox', asked(LONG ? 4096 : 1024), openFirefox],
  ['WebKitGTK', asked(LONG ? 4096 : 1024), openWebKit],
];
const MOST_MIB = 300;
const RESERVE = 2048 * MIB;
const LONG_MS = 4 * 60 * 60_000;
const NOTE = `By how much the browser's memory (PSS) had grown at its largest while one file passed, looked at three \
times a second: that of the processes that hold pages, workers and service workers, and that of all its processes. One \
round.`;

export async function memory() {
  const heats: Heat[] = [];
  for (const engine of ENGINES) heats.push(await measured(...engine));
  await leave('memory-tab', { title: "The browser's memory", note: NOTE, unit: 'MiB', better: 'less', heats });
}

async function measured(engine: string, sizeMib: number, openBrowser: () => Promise<AnyBrowser>): Promise<Heat> {
  await mustHold(2 * sizeMib * MIB);
  const server = await startServer();
  const film = await sparse(join(await newFolder('film'), 'film.mov'), sizeMib * MIB);

  let browser = await openBrowser();
  await signUp(browser, server.url, ada);
  const up = watchBoth(browser);
  if (browser.drop) await browser.drop([film]);
  else await choose(browser, en.drive.addFiles, [film]);
  await seeText(browser, en.tray.state.done, LONG_MS);
  const grownUp = await up('upload');
  await browser.close();

  const terminal = await newCli(server.url);
  await terminal(['login', ada.name, '--password-stdin'], ada.password);
  const link = (await terminal(['share', '/film.mov'])).toString().trim();
  browser = await openBrowser();
  await browser.goto(link);
  await seeText(browser, 'film.mov');
  const down = watchBoth(browser);
  await press(browser, en.link.downloadNamed('film.mov'));
  await saved(browser, sizeMib * MIB, LONG_MS);
  const grownDown = await down('download');
  await browser.close();
  await server.stop();
  return { name: `${engine}, ${sizeMib} MiB`, entries: [...grownUp, ...grownDown] };
}

/** The server's copy, and what is downloaded. */
async function mustHold(bytes: number) {
  const { bavail, bsize } = await statfs(tmpdir());
  const missing = Math.ceil((bytes + RESERVE - bavail * bsize) / MIB);
  if (missing > 0) throw new Error(`${missing} MiB more must be free where temporary files go`);
}

/** Of pages, and of all processes. */
function watchBoth(browser: AnyBrowser): (what: string) => Promise<Entry[]> {
  const [pages, all] = [watch(browser.pageBytes), watch(browser.allBytes)];
  const entry = (name: string, bytes: number, goal: Entry['goal']): Entry => {
    console.log(`${name}: ${Math.round(bytes / MIB)} MiB`);
    return { name, kind: 'ours', figures: [bytes / MIB], goal };
  };
  return async (what) => [
    entry(`${what}, pages`, await pages(), { below: MOST_MIB }),
    entry(`${what}, all processes`, await all(), null),
  ];
}

/** A file that takes no room: its bytes are zeros, which are sealed, sent and stored as any others are. */
async function sparse(path: string, bytes: number): Promise<string> {
  const file = await open(path, 'w');
  await file.truncate(bytes);
  await file.close();
  return path;
}
