/** The one IndexedDB database of this site, in three stores: sealed values, the key that seals them, and uploads. */

export type StoreName = 'sealed' | 'keys' | 'uploads';

const NAME = 'postern';
const VERSION = 1;
const STORES: StoreName[] = ['sealed', 'keys', 'uploads'];

let opening: Promise<IDBDatabase> | undefined;

function open(): Promise<IDBDatabase> {
  opening ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, VERSION);
    request.onupgradeneeded = () => {
      for (const name of STORES) request.result.createObjectStore(name);
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  return opening;
}

/** One read. */
export async function read<T>(name: StoreName, ask: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const request = ask((await open()).transaction(name, 'readonly').objectStore(name));
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/**
 * Any number of writes, all or none. Durable when it resolves: an upload's journal has to be on the disk before the
 * part leaves (a nonce must never meet other content after a crash), and browsers flush only when asked to.
 */
export async function write(name: StoreName, change: (store: IDBObjectStore) => void): Promise<void> {
  const transaction = (await open()).transaction(name, 'readwrite', { durability: 'strict' });
  change(transaction.objectStore(name));
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onerror = transaction.onabort = () => reject(transaction.error);
  });
}
