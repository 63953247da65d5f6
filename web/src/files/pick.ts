/** Files and folders chosen in the browser's own dialog. */
import type { UploadItem } from '../engine/api';

/** From `<input type=file>`, with or without `webkitdirectory`. */
export function itemsFromInput(files: Iterable<File>): UploadItem[] {
  return [...files].map((file) => ({ path: file.webkitRelativePath.split('/').slice(0, -1), file }));
}

/** Opens the browser's dialog. Resolves to nothing when it was closed without a choice. */
export function pick(what: 'files' | 'folder'): Promise<UploadItem[]> {
  const input = document.createElement('input');
  input.type = 'file';
  input.multiple = true;
  input.webkitdirectory = what === 'folder';
  input.hidden = true;
  // Some browsers forget an input that is in no document before its dialog is closed.
  document.body.append(input);
  return new Promise<UploadItem[]>((resolve) => {
    input.addEventListener('change', () => resolve(itemsFromInput(input.files ?? [])));
    input.addEventListener('cancel', () => resolve([]));
    input.click();
  }).finally(() => input.remove());
}
