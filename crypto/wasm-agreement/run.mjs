// Runs the program that compares native and WebAssembly: `node run.mjs FILE.wasm`.
// Prints `N passed, N failed`; a difference is a trap inside the module, and an exit code that is not 0.

import { readFile } from 'node:fs/promises';

const module = await WebAssembly.compile(await readFile(process.argv[2]));

// Random numbers are an argument of all that runs here. Whatever is imported for them must not be called.
const imports = {};
for (const { module: from, name, kind } of WebAssembly.Module.imports(module)) {
  if (kind !== 'function') throw new Error(`${from}.${name} is a ${kind}`);
  imports[from] ??= {};
  imports[from][name] = () => {
    throw new Error(`${from}.${name} was called`);
  };
}

const { exports } = await WebAssembly.instantiate(module, imports);
try {
  if (exports.main(0, 0) !== 0) throw new Error('it ended with an error');
  console.log('1 passed, 0 failed');
} catch (error) {
  console.error(`the golden objects differ inside WebAssembly: ${error.message}`);
  console.log('0 passed, 1 failed');
  process.exitCode = 1;
}
