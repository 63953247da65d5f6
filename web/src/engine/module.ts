/**
 * The module of the Rust client. The page has it compiled while it arrives, before the engine's thread is there, and
 * hands it on: to the engine, and to each lane. Nothing of it ever runs in the page.
 */
import type { EngineError } from './api';
import moduleUrl from './wasm/postern_wasm_bg.wasm?url';

/** What the engine is told once. */
export interface Compiled {
  module: WebAssembly.Module;
}

export async function compile(): Promise<Compiled | { noModule: EngineError }> {
  try {
    return { module: await WebAssembly.compileStreaming(fetch(moduleUrl)) };
  } catch (thrown) {
    const kind = thrown instanceof WebAssembly.CompileError ? 'unsupported' : 'offline';
    return { noModule: { kind, detail: String(thrown) } };
  }
}
