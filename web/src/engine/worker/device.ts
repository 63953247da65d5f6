/**
 * What this device remembers. Each value is sealed by WebCrypto under a key that no script can export, so that a copy
 * of the profile's files, or a script that only reads the database, gets no keys out of it.
 */
import type { DeviceStore } from '../skin';
import { read, write } from './database';

const KEY_NAME = 'device';
const NONCE_BYTES = 12;

/** AES-GCM here, and not our own boxes, because WebCrypto offers nothing else that keeps its key to itself. */
const CIPHER = { name: 'AES-GCM', length: 256 } as const;

let sealing: Promise<CryptoKey> | undefined;

async function loadKey(): Promise<CryptoKey> {
  const kept = await read('keys', (store) => store.get(KEY_NAME) as IDBRequest<CryptoKey | undefined>);
  if (kept) return kept;
  const made = await crypto.subtle.generateKey(CIPHER, false, ['encrypt', 'decrypt']);
  await write('keys', (store) => store.add(made, KEY_NAME));
  return made;
}

/** Two tabs that start at once must not make two keys: the second would lose what the first has sealed. */
function key(): Promise<CryptoKey> {
  sealing ??= navigator.locks.request('postern-device-key', loadKey);
  return sealing;
}

/** The name of the entry is authenticated: a value that was moved to another name does not open. */
function cipherFor(name: string, nonce: Uint8Array<ArrayBuffer>): AesGcmParams {
  return { name: CIPHER.name, iv: nonce, additionalData: new TextEncoder().encode(name) };
}

export async function seal(name: string, value: Uint8Array): Promise<Uint8Array> {
  const nonce = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
  const sealed = await crypto.subtle.encrypt(cipherFor(name, nonce), await key(), Uint8Array.from(value));
  const whole = new Uint8Array(NONCE_BYTES + sealed.byteLength);
  whole.set(nonce);
  whole.set(new Uint8Array(sealed), NONCE_BYTES);
  return whole;
}

export async function open(name: string, whole: Uint8Array): Promise<Uint8Array> {
  const nonce = Uint8Array.from(whole.subarray(0, NONCE_BYTES));
  const sealed = Uint8Array.from(whole.subarray(NONCE_BYTES));
  return new Uint8Array(await crypto.subtle.decrypt(cipherFor(name, nonce), await key(), sealed));
}

export const device: DeviceStore = {
  async get(name) {
    const whole = await read('sealed', (store) => store.get(name) as IDBRequest<Uint8Array | undefined>);
    return whole && open(name, whole);
  },
  async put(name, value) {
    const whole = await seal(name, value);
    await write('sealed', (store) => store.put(whole, name));
  },
  async delete(name) {
    await write('sealed', (store) => store.delete(name));
  },
  async list(prefix) {
    const range = IDBKeyRange.bound(prefix, `${prefix}\uffff`);
    return (await read('sealed', (store) => store.getAllKeys(range))) as string[];
  },
  lock,
};

function lock(name: string): Promise<(() => void) | undefined> {
  return new Promise((resolve) => {
    void navigator.locks.request(`postern/${name}`, { ifAvailable: true }, (granted) => {
      if (!granted) return resolve(undefined);
      // The lock is held for as long as this promise is open.
      return new Promise<void>((release) => resolve(release));
    });
  });
}
