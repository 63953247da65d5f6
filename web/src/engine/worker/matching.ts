/** Which of the files that were chosen again belongs to which interrupted upload. */
import type { Id, UploadItem } from '../api';
import type { UploadRecord } from './records';

type Wanted = Pick<UploadRecord, 'id' | 'path' | 'name' | 'sizeBytes' | 'modifiedMs'>;
export type Match = { id: Id; file: File; handle: FileSystemFileHandle | undefined };

/** Path, name, size and time have to agree. That the content does too is proven later, by what was recorded of it. */
export function matchItems(wanted: Wanted[], items: UploadItem[]): { matched: Match[]; unmatched: Id[] } {
  const byKey = new Map<string, UploadItem>();
  for (const item of items)
    if (item.file) byKey.set(keyOf(item.path, item.file.name, item.file.size, item.file.lastModified), item);
  const matched: Match[] = [];
  const unmatched: Id[] = [];
  for (const { id, path, name, sizeBytes, modifiedMs } of wanted) {
    const item = byKey.get(keyOf(path, name, sizeBytes, modifiedMs));
    if (item?.file) matched.push({ id, file: item.file, handle: item.handle });
    else unmatched.push(id);
  }
  return { matched, unmatched };
}

function keyOf(path: string[], name: string, size: number, modifiedMs: number): string {
  return JSON.stringify([path, name, size, modifiedMs]);
}
