/**
 * Files that only this site sees: where a download goes if the browser has no better way. They lie there in the clear,
 * so none stays longer than it must.
 */
import { fail } from './explain';
import { newId } from './ids';
import { closedTabs, thisTab } from './tab';

const FOLDER = 'saving';
/** By then the browser has begun to copy it, and on most systems goes on when the name is gone. */
const KEEP_MS = 60_000;

export interface PrivateFile {
  write(chunk: Uint8Array<ArrayBuffer>): void;
  finish(): Promise<void>;
  /** All of it, to be saved by the page at once: it goes away soon. */
  finished(): Promise<File>;
  discard(): Promise<void>;
}

export async function privateFile(): Promise<PrivateFile> {
  const folder = await ourFolder();
  const name = `${thisTab}.${newId()}`;
  const handle = await folder.getFileHandle(name, { create: true });
  const access = await handle.createSyncAccessHandle();
  let at = 0;
  return {
    write(chunk) {
      if (access.write(chunk, { at }) !== chunk.length) throw fail('save-failed');
      at += chunk.length;
    },
    async finish() {
      access.flush();
      access.close();
    },
    async finished() {
      // What cannot be removed while it is read goes when this page is gone.
      setTimeout(() => folder.removeEntry(name).catch(() => undefined), KEEP_MS);
      return handle.getFile();
    },
    async discard() {
      access.close();
      await folder.removeEntry(name);
    },
  };
}

/** Removes what pages left that are gone. */
export async function sweepPrivateFiles() {
  const folder = await ourFolder();
  const names: string[] = [];
  for await (const name of folder.keys()) names.push(name);
  const closed = await closedTabs(names.map(tabOf));
  await Promise.all(names.filter((name) => closed.has(tabOf(name))).map((name) => folder.removeEntry(name)));
}

const tabOf = (name: string) => name.split('.')[0] ?? '';

async function ourFolder(): Promise<FileSystemDirectoryHandle> {
  const root = await navigator.storage.getDirectory();
  return root.getDirectoryHandle(FOLDER, { create: true });
}
