/** The Rust client as it comes out of wasm-bindgen, with the types that `skin.ts` promises. */
import * as bound from '../wasm/postern_wasm.js';
import moduleUrl from '../wasm/postern_wasm_bg.wasm?url';
import type { Skin } from '../skin';

// wasm-bindgen knows objects that cross only as `any`; skin.ts says what they really are.
export const skin = bound as unknown as Skin;

/** Compiled while it arrives, once; the lanes are given the result. */
export function compile(): Promise<WebAssembly.Module> {
  return WebAssembly.compileStreaming(fetch(moduleUrl));
}
