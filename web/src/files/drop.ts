/** What was dropped, as upload items: files and whole folders, with handles where the browser gives them. */
import type { UploadItem } from '../engine/api';

/** Chromium's way, which also lets an interrupted upload go on after a reload without picking again. */
type ItemWithHandle = DataTransferItem & { getAsFileSystemHandle?(): Promise<FileSystemHandle | null> };
type DirectoryHandle = FileSystemDirectoryHandle & { values(): AsyncIterable<FileSystemHandle> };

export function carriesFiles(transfer: DataTransfer | null): transfer is DataTransfer {
  return transfer?.types.includes('Files') ?? false;
}

export async function readDrop(transfer: DataTransfer): Promise<UploadItem[]> {
  // All items have to be asked before the first await: afterwards the browser empties the list.
  const reads = [...transfer.items].filter((item) => item.kind === 'file').map(readItem);
  return (await Promise.all(reads)).flat();
}

function readItem(item: ItemWithHandle): Promise<UploadItem[]> {
  const entry = item.webkitGetAsEntry();
  const asked = item.getAsFileSystemHandle?.();
  if (!asked) return entry ? readEntry(entry, []) : Promise.resolve([]);
  return asked.then(
    (handle) => (handle ? readHandle(handle, []) : []),
    () => (entry ? readEntry(entry, []) : []),
  );
}

async function readHandle(handle: FileSystemHandle, path: string[]): Promise<UploadItem[]> {
  if (handle.kind === 'file') {
    const fileHandle = handle as FileSystemFileHandle;
    const file = await fileHandle.getFile();
    // One permission can be asked for in one click: for a folder of hundreds, choosing it again is the shorter way.
    return path.length === 0 ? [{ path, file, handle: fileHandle }] : [{ path, file }];
  }
  const inside = [...path, handle.name];
  const items: UploadItem[] = [{ path: inside, file: null }];
  for await (const child of (handle as DirectoryHandle).values()) items.push(...(await readHandle(child, inside)));
  return items;
}

async function readEntry(entry: FileSystemEntry, path: string[]): Promise<UploadItem[]> {
  if (entry.isFile) return [{ path, file: await fileOf(entry as FileSystemFileEntry) }];
  const inside = [...path, entry.name];
  const children = await entriesIn(entry as FileSystemDirectoryEntry);
  const below = await Promise.all(children.map((child) => readEntry(child, inside)));
  return [{ path: inside, file: null }, ...below.flat()];
}

function fileOf(entry: FileSystemFileEntry): Promise<File> {
  return new Promise((resolve, reject) => entry.file(resolve, reject));
}

/** `readEntries` hands out a hundred at a time, and is finished only when it hands out none. */
async function entriesIn(directory: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = directory.createReader();
  const all: FileSystemEntry[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) return all;
    all.push(...some);
  }
}
