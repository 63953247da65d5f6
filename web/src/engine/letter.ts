/** A letter, taken apart: what the engine hands to the page of it. */

/** A whole message, taken apart. */
export interface LetterText {
  /** From top to bottom. Each is a document of its own. */
  pieces: LetterPiece[];
  /** To which those refer that are laid out: `data:` addresses by content id. */
  pictures: Record<string, string>;
  /** What it invites to, if it has an invitation with it. */
  invitation: Invitation | null;
  attachments: LetterPart[];
  /** All fields of its head, in their order. */
  headers: { name: string; value: string }[];
}

/** The first event of a calendar (RFC 5545). */
export interface Invitation {
  /** `REQUEST`, `CANCEL`, `REPLY`; empty if nothing is said. */
  method: string;
  summary: string;
  location: string;
  organizer: string;
  start: Moment | null;
  end: Moment | null;
  /** In place of an end, as in `PT1H30M`. */
  duration: string;
  recurs: boolean;
}

/** A time as a calendar has it. */
export interface Moment {
  date: [year: number, month: number, day: number];
  /** Whole days have none. */
  time: [hour: number, minute: number] | null;
  /** `UTC`, a name, or empty for wherever the reader is. */
  zone: string;
}

export type LetterPiece =
  /** `cut`: there is more than a page should draw. */
  | { kind: 'text'; paragraphs: Paragraph[]; cut: boolean }
  /** `text`: the same in plain text, if its writer gave one. */
  | { kind: 'html'; html: string; cut: boolean; text: Paragraph[] | null }
  | { kind: 'picture'; name: string; address: string | null }
  /** Another message within this one. */
  | { kind: 'message'; path: string; subject: string }
  /** Encrypted by another program. */
  | { kind: 'encrypted' };

export interface Paragraph {
  /** How many times over it is quoted. */
  quote: number;
  spans: { text: string; link: boolean }[];
}

export interface LetterPart {
  path: string;
  name: string;
  mediaType: string;
  /** What a text says of how it is written down. */
  charset: string | null;
  sizeBytes: number;
}
