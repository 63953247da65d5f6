// A worker that seals or opens one chunk again and again, with one of three libraries: bytes of JavaScript in, bytes of
// JavaScript out. Asked `{ library, what, length, ms }` it answers MiB a second.

const TAG = 16;

async function ours() {
  const { default: init, Chunks } = await import('./postern_bench_wasm.js');
  await init({ module_or_path: './postern_bench_wasm_bg.wasm' });
  const chunks = new Chunks();
  return { seal: (plain) => chunks.seal(plain), open: (sealed) => chunks.open(sealed) };
}

async function libsodium() {
  importScripts('./libsodium.js', './libsodium-wrappers.js');
  await sodium.ready;
  const nonce = new Uint8Array(sodium.crypto_secretbox_NONCEBYTES);
  const key = new Uint8Array(sodium.crypto_secretbox_KEYBYTES);
  return {
    seal: (plain) => sodium.crypto_secretbox_easy(plain, nonce, key),
    open: (sealed) => sodium.crypto_secretbox_open_easy(sealed, nonce, key),
  };
}

async function webcrypto() {
  const key = await crypto.subtle.importKey('raw', new Uint8Array(32), 'AES-GCM', false, ['encrypt', 'decrypt']);
  const how = { name: 'AES-GCM', iv: new Uint8Array(12), tagLength: TAG * 8 };
  return {
    seal: (plain) => crypto.subtle.encrypt(how, key, plain),
    open: (sealed) => crypto.subtle.decrypt(how, key, sealed),
  };
}

const libraries = { ours, libsodium, webcrypto };

self.onmessage = async ({ data: { library, what, length, ms } }) => {
  const chunks = await libraries[library]();
  const plain = new Uint8Array(length).fill(7);
  const input = what === 'seal' ? plain : new Uint8Array(await chunks.seal(plain));
  const once = chunks[what];
  // Compiled and warm before the clock runs; then it says so, and begins with the others.
  await repeat(once, input, ms);
  postMessage('ready');
  await new Promise((begin) => {
    self.onmessage = begin;
  });
  const begun = performance.now();
  const times = await repeat(once, input, ms);
  postMessage((times * length) / 1024 / 1024 / ((performance.now() - begun) / 1000));
};

async function repeat(once, input, ms) {
  const end = performance.now() + ms;
  let times = 0;
  while (performance.now() < end) {
    const made = once(input);
    // Only WebCrypto lets one wait: it works in a thread of its own.
    if (made instanceof Promise) await made;
    times += 1;
  }
  return times;
}
