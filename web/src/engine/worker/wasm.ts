/** The Rust client as it comes out of wasm-bindgen, with the types that `skin.ts` promises. */
import * as bound from '../wasm/postern_wasm.js';
import type { Skin } from '../skin';

// wasm-bindgen knows objects that cross only as `any`; skin.ts says what they really are.
export const skin = bound as unknown as Skin;
