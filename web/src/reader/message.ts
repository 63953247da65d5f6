/** What passes between the page and the reader. */

/** To the reader: what to show. */
export interface ShowLetter {
  html: string;
  /** `data:` addresses by content id. */
  pictures: Record<string, string>;
}

/**
 * From the reader: it listens; how many pictures it was given that lie elsewhere, and how high the letter may be, also again
 * once its pictures are there; or it could not draw it.
 */
export type ReaderTold =
  | { reader: 'ready' }
  | { reader: 'shown'; remote: number; heightPx: number }
  | { reader: 'failed' };

/** Letters without pictures from elsewhere; with them, the policy of the page is another (`api/src/headers.rs`). */
export const READER = '/reader.html';
export const READER_WITH_PICTURES = '/reader.html?pictures';
