/** WebKitGTK as Debian ships it: its own WebDriver over plain HTTP, on a screen that nobody sees. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { bytesBelow } from './memory';
import type { AnyBrowser } from './any';
import { newFolder, removeFolder } from './folders';

const MINI_BROWSER = '/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser';
const ELEMENT = 'element-6066-11e4-a52e-4f735466cecf';

export async function openWebKit(): Promise<AnyBrowser> {
  const home = await newFolder('webkit');
  const downloads = join(home, 'Downloads');
  await mkdir(join(home, '.config'), { recursive: true });
  await mkdir(downloads);
  await writeFile(join(home, '.config/user-dirs.dirs'), 'XDG_DOWNLOAD_DIR="$HOME/Downloads"\n');
  const screen = await startScreen();
  const port = await freePort();
  const driver = spawn('WebKitWebDriver', [`--port=${port}`], {
    stdio: 'ignore',
    env: {
      ...process.env,
      HOME: home,
      XDG_CONFIG_HOME: join(home, '.config'),
      XDG_DATA_HOME: join(home, '.local/share'),
      XDG_CACHE_HOME: join(home, '.cache'),
      DISPLAY: screen.display,
      WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: '1',
      LIBGL_ALWAYS_SOFTWARE: '1',
    },
  });
  const call = caller(`http://127.0.0.1:${port}`);
  const session = await newSession(call);
  return {
    async goto(url) {
      await call('POST', `${session}/url`, { url });
    },
    async reload() {
      await call('POST', `${session}/refresh`, {});
    },
    run: (body, ...args) => call('POST', `${session}/execute/sync`, { script: body, args }),
    async setFiles(paths) {
      const input = await call<Record<string, string>>('POST', `${session}/element`, {
        using: 'css selector',
        value: 'input[type=file]',
      });
      await call('POST', `${session}/element/${input[ELEMENT]}/value`, { text: paths.join('\n') });
    },
    pageBytes: () => bytesBelow(driver.pid ?? 0, /^WebKitWebProces/),
    allBytes: () => bytesBelow(driver.pid ?? 0, /^(WebKit|MiniBrowser)/),
    downloads,
    async close() {
      await call('DELETE', session).catch(() => undefined);
      for (const child of [driver, screen.process]) await end(child);
      await removeFolder(home);
    },
  };
}

type Call = <T>(method: string, path: string, body?: unknown) => Promise<T>;

function caller(origin: string): Call {
  return async <T>(method: string, path: string, body?: unknown) => {
    const answer = await fetch(origin + path, { method, ...(body ? { body: JSON.stringify(body) } : {}) });
    const { value } = (await answer.json()) as { value: T & { error?: string; message?: string } };
    if (!answer.ok) throw new Error(`${path}: ${value.error}: ${value.message}`);
    return value;
  };
}

async function newSession(call: Call): Promise<string> {
  const capabilities = {
    alwaysMatch: { 'webkitgtk:browserOptions': { binary: MINI_BROWSER, args: ['--automation'] } },
  };
  for (let tries = 0; ; tries += 1) {
    try {
      const { sessionId } = await call<{ sessionId: string }>('POST', '/session', { capabilities });
      await call('POST', `/session/${sessionId}/timeouts`, { script: 600_000, pageLoad: 120_000 });
      return `/session/${sessionId}`;
    } catch (thrown) {
      if (tries === 20) throw thrown;
      await pause(250); // the driver is not listening yet
    }
  }
}

async function startScreen(): Promise<{ process: ChildProcess; display: string }> {
  const child = spawn('Xvfb', ['-displayfd', '3', '-screen', '0', '1280x900x24', '-nolisten', 'tcp'], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  });
  const [number] = (await once(child.stdio[3] as NodeJS.ReadableStream, 'data')) as [Buffer];
  return { process: child, display: `:${number.toString().trim()}` };
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as { port: number };
  probe.close();
  await once(probe, 'close');
  return port;
}

async function end(child: ChildProcess) {
  if (child.exitCode !== null) return;
  child.kill('SIGTERM');
  await once(child, 'exit');
}
