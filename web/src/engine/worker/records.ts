/**
 * Uploads that are not finished, so that a reload loses nothing but the permission to read the file. What was chosen
 * is sealed like everything on this device; a file handle cannot be (it only survives as itself) and lies beside it.
 */
import type { Id } from '../api';
import { read, write } from './database';
import { open, seal } from './device';

export interface UploadRecord {
  id: Id;
  account: Id;
  /** The page that has it under way. */
  tab: Id;
  group: Id;
  /** The destination that was chosen, and the folders below it. */
  root: Id;
  path: string[];
  name: string;
  sizeBytes: number;
  modifiedMs: number;
  startedMs: number;
  doneBytes: number;
}

interface Kept {
  sealed: Uint8Array;
  handle: FileSystemFileHandle | undefined;
}

export interface LoadedRecord {
  record: UploadRecord;
  handle: FileSystemFileHandle | undefined;
}

export async function keepRecords(all: LoadedRecord[]): Promise<void> {
  const kept = await Promise.all(
    all.map(async ({ record, handle }) => ({ id: record.id, sealed: await sealRecord(record), handle })),
  );
  await write('uploads', (store) => {
    for (const { id, sealed, handle } of kept) store.put({ sealed, handle } satisfies Kept, id);
  });
}

export async function loadRecords(account: Id): Promise<LoadedRecord[]> {
  const ids = (await read('uploads', (store) => store.getAllKeys())) as Id[];
  const all = (await read('uploads', (store) => store.getAll())) as Kept[];
  const opened = await Promise.all(
    all.map(async ({ sealed, handle }, i) => ({ record: await openRecord(ids[i] ?? '', sealed), handle })),
  );
  return opened
    .filter(({ record }) => record.account === account)
    .toSorted((a, b) => a.record.startedMs - b.record.startedMs);
}

export async function dropRecords(ids: Iterable<Id>): Promise<void> {
  await write('uploads', (store) => {
    for (const id of ids) store.delete(id);
  });
}

function sealRecord(record: UploadRecord): Promise<Uint8Array> {
  return seal(`upload/${record.id}`, new TextEncoder().encode(JSON.stringify(record)));
}

async function openRecord(id: Id, sealed: Uint8Array): Promise<UploadRecord> {
  // Only this module writes here, and what was altered does not open.
  return JSON.parse(new TextDecoder().decode(await open(`upload/${id}`, sealed))) as UploadRecord;
}
