/** Chromium as Debian ships it, one empty profile each time. */
import { readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import { newFolder, removeFolder } from './folders';

export const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export interface Profile {
  context: BrowserContext;
  page: Page;
  /** Violations of the content security policy or of Trusted Types, and uncaught errors. */
  complaints: string[];
  downloads: string;
  close(): Promise<void>;
  /** Without a warning. `openProfile` with the answer opens it again. */
  kill(): Promise<{ folder: string }>;
}

export interface ProfileOptions {
  /** Of one that was killed. */
  folder?: string;
  theme?: 'light' | 'dark';
  width?: number;
  height?: number;
  /** Take the File System Access pickers away, as Firefox and Safari do: downloads then go through the service worker. */
  withoutPickers?: boolean;
  /** As if the server had sent no content security policy. */
  withoutPolicy?: boolean;
}

export async function openProfile(options: ProfileOptions = {}): Promise<Profile> {
  const folder = options.folder ?? (await newFolder('profile'));
  const downloads = join(folder, 'downloads');
  const context = await chromium.launchPersistentContext(join(folder, 'profile'), {
    executablePath: '/usr/bin/chromium',
    headless: true,
    args: ARGS,
    acceptDownloads: true,
    bypassCSP: options.withoutPolicy ?? false,
    downloadsPath: downloads,
    colorScheme: options.theme ?? 'light',
    viewport: { width: options.width ?? 1280, height: options.height ?? 860 },
  });
  if (options.withoutPickers) await context.addInitScript(() => Reflect.deleteProperty(window, 'showSaveFilePicker'));
  const page = context.pages()[0] ?? (await context.newPage());
  const complaints: string[] = [];
  watch(page, complaints);
  return {
    context,
    page,
    complaints,
    downloads,
    async close() {
      await context.close();
      await removeFolder(folder);
    },
    async kill() {
      // The lock names the process that has the profile; its other processes end with it.
      const lock = await readlink(join(folder, 'profile', 'SingletonLock'));
      const gone = context.waitForEvent('close');
      process.kill(Number(lock.split('-').at(-1)), 'SIGKILL');
      await gone;
      return { folder };
    },
  };
}

function watch(page: Page, complaints: string[]) {
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    const text = message.text();
    if (/Content Security Policy|TrustedScript|TrustedHTML|Trusted Type/i.test(text)) complaints.push(text);
  });
}
