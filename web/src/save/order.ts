/** What the page, the engine and the service worker say to each other about one download. */

/** Page to service worker, with two ports: the stream's, and one to say "known" on. */
export interface SaveOrder {
  token: string;
  fileName: string;
  /** `null`: nobody knows before the end. */
  sizeBytes: number | null;
}

/** Service worker to engine: `more` carries the buffer of an earlier chunk, to be filled again. */
export type Demand = { more: ArrayBuffer | undefined } | 'stop';

/** Engine to service worker. */
export type Supply = Uint8Array<ArrayBuffer> | 'end' | 'broken';
