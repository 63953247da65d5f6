/** What the page, the engine and the service worker say to each other about one download. */

/** The service worker sees requests below this path, and no others: never the page, never a link. */
export const SAVE_SCOPE = '/save/';

/** Page to service worker, with two ports: the stream's, and one to say "known" on. */
export interface SaveOrder {
  token: string;
  fileName: string;
  sizeBytes: number;
}

/** Service worker to engine. */
export type Demand = 'more' | 'stop';

/** Engine to service worker. */
export type Supply = Uint8Array | 'end' | 'broken';
