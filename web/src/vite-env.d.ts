/// <reference types="svelte" />
/// <reference types="vite/client" />

/** The engine's connection: real in every build, in memory for `vite --mode memory` (see vite.config.ts). */
declare module '#engine' {
  export { start } from './engine/start';
}
