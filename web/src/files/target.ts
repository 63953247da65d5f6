/**
 * Where a download goes. First choice: a file that the person picked, written directly. Second: a stream that the
 * service worker hands to the browser's own download. Last: a private file of this site, copied out at the end.
 * All three keep memory flat.
 */
import type { SaveTarget } from '../engine/api';
import { openSaveStream } from './save-stream';

type Picker = (options: { suggestedName: string }) => Promise<FileSystemFileHandle>;

function savePicker(): Picker | undefined {
  return (window as Window & { showSaveFilePicker?: Picker }).showSaveFilePicker?.bind(window);
}

/** `null`: the person closed the picker. Must be called straight from a click. */
export async function chooseTarget(fileName: string, sizeBytes: number | null): Promise<SaveTarget | null> {
  const picker = savePicker();
  if (picker) return pickFile(picker, fileName);
  // Private windows and strict settings know no service worker, or refuse it.
  const port = await openSaveStream(fileName, sizeBytes).catch(() => null);
  return port ? { kind: 'port', port } : { kind: 'private' };
}

async function pickFile(picker: Picker, suggestedName: string): Promise<SaveTarget | null> {
  try {
    return { kind: 'file', handle: await picker({ suggestedName }) };
  } catch (thrown) {
    if (thrown instanceof DOMException && thrown.name === 'AbortError') return null;
    throw thrown;
  }
}
