/**
 * The whole of what the page may ask of the engine.
 *
 * The page thread draws and holds no key. The engine (a worker) hosts the Rust client compiled to WASM and holds
 * all of them. Everything that crosses between the two is named in this file, `letter.ts` and `administration.ts`, survives
 * structured cloning, and is safe to show on a screen: passwords go in, and only recovery words and link addresses
 * come out, because a person has to see those.
 *
 * Read in this order: `Engine` (what can be asked), `EngineEvent` (what is told unasked), `EngineError`, the values.
 * `skin.ts` says what the engine in turn expects of the WASM module.
 */
import type { Administration } from './administration';
import type { LetterPart, LetterText } from './letter';

export type { AddressAt, AddressPage, Administration, DnsRecord, Domain } from './administration';
export type { Invitation, LetterPart, LetterPiece, LetterText, Moment, Paragraph } from './letter';

/** 16 bytes as base64url without padding: 22 characters. */
export type Id = string;

/** Milliseconds since the epoch, UTC. */
export type TimeMs = number;

export interface Engine extends Administration {
  // ── Account ────────────────────────────────────────────────────────────────────────────────────────────────
  /** Reopens what this device remembers. Never asks the network for more than whether the session still stands. */
  restore(): Promise<Standing>;
  /** How this name is spelt as that of an account; rejects with `name-invalid` if it cannot be one. Asks nobody. */
  checkName(typed: string): Promise<string>;
  /** What a password is worth that is found after so many guesses. Asks nobody. */
  judgePassword(guesses: number): Promise<Verdict>;
  /** Makes the keys and the recovery words, and tells nobody yet: an account without a kept kit is not created. */
  prepareSignUp(name: string, password: string): Promise<PreparedKit>;
  /** Creates the account that `prepareSignUp` made ready, once the person has typed some of the words back. */
  completeSignUp(preparationId: Id, options: StayOptions): Promise<Account>;
  signIn(name: string, password: string, options: StayOptions): Promise<Account>;
  /** Ends the session at the server and wipes what this device kept. Works offline; the server part is best effort. */
  signOut(): Promise<void>;
  /** Proves the recovery words, sets a new password, and signs in. */
  recover(name: string, words: string, newPassword: string, options: StayOptions): Promise<Account>;
  /** Sets another password; the recovery kit stays as it is. */
  changePassword(current: string, next: string): Promise<void>;
  /**
   * Somebody knows the old password, so every key that it protected is to be replaced as well, and the recovery kit with
   * them. Nothing of it is in force yet: whoever closes the page now goes on with the old password and the old kit.
   */
  prepareKeys(current: string, next: string): Promise<PreparedKit>;
  /** Puts in force what `prepareKeys` made ready, once the person has typed some of the words back. */
  completeKeys(preparationId: Id): Promise<void>;
  sessions(): Promise<SessionView[]>;
  revokeSession(id: Id): Promise<void>;
  usage(): Promise<Usage>;

  // ── Drive ──────────────────────────────────────────────────────────────────────────────────────────────────
  /** `null` is the root. Loads and checks the tree on first use; afterwards answers from memory. */
  listFolder(folder: Id | null): Promise<FolderListing>;
  /** With a number behind its name if that is taken. */
  makeFolder(parent: Id, name: string): Promise<Entry>;
  rename(node: Id, name: string): Promise<void>;
  move(nodes: Id[], destination: Id): Promise<void>;
  remove(nodes: Id[]): Promise<void>;

  // ── Transfers ──────────────────────────────────────────────────────────────────────────────────────────────
  /** Queues files (and makes the folders on their paths). Resolves when all are queued, not when they are sent. */
  upload(parent: Id, items: UploadItem[]): Promise<void>;
  download(entry: Pick<Entry, 'id' | 'name' | 'sizeBytes'>, target: SaveTarget): Promise<Id>;
  /** What a finished download left for the page to save, once; `null` if nothing. */
  unsaved(transfer: Id): Promise<File | null>;
  transfers(): Promise<Transfer[]>;
  pause(transfers: Id[]): Promise<void>;
  resume(transfers: Id[]): Promise<void>;
  retry(transfers: Id[]): Promise<void>;
  /** Stops, and forgets what had already been sent. */
  cancel(transfers: Id[]): Promise<void>;
  /** Takes finished, failed and cancelled rows off the list. */
  clearFinished(): Promise<void>;
  /** The handles kept for interrupted uploads; only the page can ask for permission to read them again. */
  keptHandles(transfers: Id[]): Promise<KeptHandle[]>;
  /** Goes on with interrupted uploads: each file is matched by relative path, size and time, then by content. */
  resumeWith(transfers: Id[], items: UploadItem[]): Promise<ResumeOutcome>;

  // ── Sharing ────────────────────────────────────────────────────────────────────────────────────────────────
  share(node: Id, terms: ShareTerms): Promise<Share>;
  shares(): Promise<Share[]>;
  unshare(link: Id): Promise<void>;

  // ── Mail ───────────────────────────────────────────────────────────────────────────────────────────────────
  /** Addresses, folders, labels, and how much was not read. */
  mailHome(): Promise<MailHome>;
  /** The rows `from` to `from + count` of what a drawer lists, newest first. Loads what it needs on first use. */
  listMail(drawer: Drawer, from: number, count: number): Promise<MailPage>;
  /** The rows `from` to `from + count` of what is found. `aheadMinutes`: how far the clock here is ahead of UTC. */
  searchMail(query: string, aheadMinutes: number, from: number, count: number): Promise<FoundMail>;
  /** The messages of all rows of such a list, or those of `among` that are in it still. Without a query it is the drawer. */
  listedMail(drawer: Drawer, query: string, aheadMinutes: number, among: Id[] | null): Promise<Id[]>;
  /** All messages of the conversation of one, oldest first. */
  readConversation(message: Id): Promise<Message[]>;
  /** What a message says, or a message within it: `within` are the paths of the parts that lead there, outermost first. */
  readLetter(message: Id, within: string[]): Promise<LetterText>;
  /** A part of it, decoded: what is attached. */
  readPart(message: Id, within: string[], path: string): Promise<Uint8Array<ArrayBuffer>>;
  /** Uploads such a part into a folder of the drive: it is sealed here, like any file. */
  keepPart(message: Id, within: string[], part: LetterPart, folder: Id): Promise<void>;
  /** Saves a message byte for byte as it came. */
  saveLetter(message: Id, name: string, sizeBytes: number, target: SaveTarget): Promise<Id>;
  /** Answers where those lie, or lay, that it changed. */
  markMail(messages: Id[], change: MarkChange): Promise<Lain[]>;
  /** For good. */
  deleteMail(messages: Id[]): Promise<void>;
  makeMailFolder(name: string, colour: number): Promise<Tag>;
  makeMailLabel(name: string, colour: number): Promise<Tag>;
  /** Another name and colour. */
  changeMailTag(tag: Omit<Tag, 'unread'>): Promise<void>;
  /** What lay in a folder lies in the archive then. */
  removeMailTag(tag: Id): Promise<void>;
  /** Whether pictures from elsewhere are loaded in what this address writes. */
  trustMailSender(address: string, trusted: boolean): Promise<void>;
  /** After how many days trash and spam are emptied; 0: never. It holds for what is put there from now on. */
  keepMailFor(trashDays: number, spamDays: number): Promise<void>;
  /**
   * Seals messages and puts them into the mailbox: out of files in mbox form, files with one message, folders in Maildir
   * form. Those that are there already are left out. What does not say where it lay goes to `place`.
   */
  importMail(items: UploadItem[], place: Place): Promise<ImportedMail>;
  stopMailImport(): Promise<void>;
  /** Saves all messages in one file in mbox form, of about `sizeBytes`. */
  exportMail(name: string, sizeBytes: number, target: SaveTarget): Promise<Id>;

  // ── A link that somebody was given; needs no account ───────────────────────────────────────────────────────
  /** Reads the link text only: no request leaves. Fails with `link-mangled`. */
  readLink(id: string, fragment: string): Promise<LinkText>;
  /** Proves the link, opens what it grants. Counts nothing at the server. */
  openLink(link: Id, password: string | null): Promise<LinkView>;
  /** A folder below the shared one. */
  listLinkFolder(link: Id, folder: Id): Promise<FolderListing>;
  /** Takes a lease (this is what a download limit counts) and streams. `node` is null for a link to one file. */
  downloadFromLink(link: Id, node: Id | null, target: SaveTarget): Promise<Id>;
}

export type EngineMethod = keyof Engine;

/** What the engine says unasked. */
export type EngineEvent =
  /** Only the rows that changed, at most about five times a second. */
  | { type: 'transfers-changed'; changed: Transfer[]; removed: Id[] }
  /** Every folder may look different now. */
  | { type: 'drive-changed' }
  | { type: 'shares-changed' }
  /** Every list of messages may look different now. */
  | { type: 'mail-changed' }
  /** So many messages came into the inbox that nobody has read. */
  | { type: 'mail-arrived'; count: number }
  /** So much of the chosen files has been read. */
  | { type: 'mail-import'; doneBytes: number }
  /** The session ended from elsewhere (revoked, expired, or signed out in another tab), and is forgotten. Told once. */
  | { type: 'signed-out' }
  | { type: 'reachability-changed'; reachable: boolean };

/** Every promise of `Engine` rejects with this shape and nothing else. */
export interface EngineError {
  kind: EngineErrorKind;
  /** Of a `rate-limited` or `unavailable` answer. */
  retryAfterS?: number;
  /** What was asked for may have been done all the same: the answer was lost. */
  leavesOpen?: boolean;
  /** For the console of a developer; never shown, never holds a name, a key or a path. */
  detail?: string;
}

export type EngineErrorKind =
  // from the person's own hand
  | 'wrong-password' // also: no such account. The server does not say which.
  | 'name-taken'
  | 'name-invalid'
  | 'password-empty'
  | 'sign-up-closed'
  | 'not-administrator'
  | 'domain-invalid'
  | 'address-taken'
  | 'address-refused' // the server's rules forbid it
  | 'words-mangled' // not 24 words of the list, or the checksum fails
  | 'words-wrong' // well formed, but not this account's
  | 'password-opens-nothing' // it was put in force, and the server does not let it in
  | 'fresh-sign-in-needed'
  | 'entry-name-invalid'
  | 'entry-name-taken'
  | 'tag-name-invalid' // of a folder or label for mail
  | 'query-mistaken' // what is looked for makes no sense; the detail says why
  | 'into-itself' // a folder moved into itself
  | 'file-differs' // not the file that the interrupted upload began with
  | 'upload-lost' // the server has dropped what had arrived of an upload, and once more what was begun anew
  | 'file-unreadable' // it was changed, moved or removed on the disk while we read
  | 'save-failed' // the disk is full, or the person took the permission away
  | 'link-mangled'
  | 'link-refused' // wrong password, or nothing here: without proof the server does not say which
  | 'link-expired'
  | 'link-used-up'
  | 'link-revoked'
  // from the world
  | 'not-found'
  | 'quota-exceeded'
  | 'storage-full' // the server's
  | 'too-large'
  | 'rate-limited'
  | 'offline' // no answer at all
  | 'unavailable' // an answer, but not a useful one
  | 'signed-out'
  | 'cancelled'
  | 'busy' // another tab is at it
  // the one that must never be softened
  | 'not-authentic' // something the server handed over is not what was put there
  | 'unsupported' // this browser lacks what is needed
  | 'internal';

// ── Values ───────────────────────────────────────────────────────────────────────────────────────────────────

export type Standing = { signedIn: false } | { signedIn: true; account: Account };

export interface Account {
  id: Id;
  name: string;
  root: Id;
}

export interface StayOptions {
  /** Keep the keys on this device, sealed under a key that cannot be exported. */
  stay: boolean;
}

/** How well a password holds against a thief who has the server's data. */
export interface Verdict {
  level: 0 | 1 | 2 | 3 | 4;
  /** How long they would need, in seconds. */
  holdsS: number;
  /** Good enough to go on with. */
  enough: boolean;
}

/** A recovery kit to be shown and kept. Its words open nothing until its preparation is completed. */
export interface PreparedKit {
  preparationId: Id;
  /** Of the account, as it is spelt from now on. */
  name: string;
  words: string[];
}

export interface SessionView {
  id: Id;
  current: boolean;
  createdMs: TimeMs;
  lastSeenMs: TimeMs;
  /** What the device called itself when it signed in, e.g. "Firefox on Linux". */
  label: string;
}

export interface Usage {
  usedBytes: number;
  /** `null`: no limit is set. */
  quotaBytes: number | null;
}

export interface Entry {
  id: Id;
  parent: Id;
  kind: 'file' | 'folder';
  name: string;
  modifiedMs: TimeMs;
  /** 0 for folders. */
  sizeBytes: number;
  /** Direct children; 0 for files. */
  children: number;
  mediaType: string;
  /** At least one live link leads here. */
  shared: boolean;
}

export interface Crumb {
  id: Id;
  /** Empty for the root. */
  name: string;
}

export interface FolderListing {
  folder: Id;
  /** From the root (or the shared folder) down to `folder`, both included. */
  path: Crumb[];
  entries: Entry[];
}

export interface UploadItem {
  /** Folder names below the destination, outermost first; empty for a file dropped by itself. */
  path: string[];
  /** `null` says: only make sure that the folder `path` exists (empty folders are kept too). */
  file: File | null;
  /** Where the browser has it, so that an interrupted upload goes on after a reload without picking again. */
  handle?: FileSystemFileHandle;
}

export interface KeptHandle {
  transfer: Id;
  handle: FileSystemFileHandle;
}

export interface ResumeOutcome {
  resumed: Id[];
  /** No file among those given fits these. */
  unmatched: Id[];
}

export type TransferState =
  | 'queued'
  | 'running'
  | 'paused'
  | 'retrying' // the network failed; tries again by itself
  | 'needs-file' // interrupted by a reload: the same file has to be chosen again
  | 'failed'
  | 'done'
  | 'cancelled';

export interface Transfer {
  id: Id;
  direction: 'up' | 'down';
  state: TransferState;
  name: string;
  /** Relative folder names of a dropped folder, as in `UploadItem`. */
  path: string[];
  /** Files queued by one gesture belong together and are drawn as one. */
  group: Id;
  sizeBytes: number;
  doneBytes: number;
  startedMs: TimeMs;
  /** Bytes a second over the last few seconds; 0 when not running. */
  speed: number;
  error: EngineError | null;
  /** A handle is kept, so `needs-file` needs a permission only, no picking. */
  handleKept: boolean;
  /** So many messages are not in an archive that was saved: they do not open. */
  leftOut?: number;
}

/** Where a download goes. The page chooses, because only it may show a file picker. */
export type SaveTarget =
  /** File System Access: the engine writes to it directly. */
  | { kind: 'file'; handle: FileSystemFileHandle }
  /** The service worker answers a navigation with what the engine pushes into this port. */
  | { kind: 'port'; port: MessagePort }
  /** A private file first, then a copy of it: the last resort. The page saves what `unsaved` answers. */
  | { kind: 'private' };

export interface ShareTerms {
  password: string | null;
  expiresMs: TimeMs | null;
  downloads: number | null;
}

export interface Share {
  link: Id;
  /** With the secret in its fragment. */
  url: string;
  node: Id;
  /** `null`: the shared entry is gone. */
  entry: { name: string; kind: 'file' | 'folder' } | null;
  hasPassword: boolean;
  createdMs: TimeMs;
  expiresMs: TimeMs | null;
  downloads: number | null;
  /** Complete downloads so far. */
  downloaded: number;
  state: 'live' | 'expired' | 'used-up' | 'revoked';
}

export interface LinkText {
  link: Id;
  needsPassword: boolean;
}

export interface LinkView {
  link: Id;
  kind: 'file' | 'folder';
  name: string;
  sizeBytes: number;
  mediaType: string;
  modifiedMs: TimeMs;
  expiresMs: TimeMs | null;
  /** `null`: no limit. */
  downloadsLeft: number | null;
  /** Of a folder; the root of what is shared. */
  listing: FolderListing | null;
}

/** What became of files that were to be put into the mailbox. */
export interface ImportedMail {
  imported: number;
  /** Messages that were there already. */
  skipped: number;
  /** Names of files that are no mail. */
  notMail: string[];
  /** Names of files that are, or have in them, a message that no page can hold. */
  tooLarge: string[];
  /** Subjects of messages that the server does not take. */
  refused: string[];
  /** Folders and labels that could not be made. */
  lost: string[];
}

/** Where a message lies. */
export type Place = 'inbox' | 'archive' | 'sent' | 'spam' | 'trash' | `folder:${Id}`;

/** What a list shows: what lies in a place, or what is marked, wherever it lies but in spam and trash. */
export type Drawer = Place | 'starred' | 'all' | `label:${Id}`;

export interface MailHome {
  /** The one with the account's name first. */
  addresses: string[];
  folders: Tag[];
  labels: Tag[];
  /** Addresses whose messages load pictures from elsewhere. */
  trusted: string[];
  /** After how many days trash and spam are emptied; 0: never. */
  trashDays: number;
  spamDays: number;
  /** The server names another key for its mail gateway than the one that this account knew first. */
  gatewayChanged: boolean;
  /** All that the server has is loaded. */
  whole: boolean;
  /** How many messages are loaded, and how much they are. */
  messages: number;
  sizeBytes: number;
  /** Conversations in which something was not read. */
  unread: { inbox: number; spam: number };
}

/** A folder or a label. */
export interface Tag {
  id: Id;
  name: string;
  colour: number;
  unread: number;
}

export interface MailPage {
  /** How many conversations the drawer lists. */
  total: number;
  rows: MailRow[];
  /** What stands around the list. */
  home: MailHome;
}

export interface FoundMail extends MailPage {
  /** The words of so many messages are known, */
  read: number;
  /** of so many that are loaded. */
  all: number;
  /** Whether that is all of the mailbox. */
  whole: boolean;
}

/** A conversation in a list. */
export interface MailRow {
  /** Of its newest message there. */
  id: Id;
  /** Those of its messages that are in this drawer, newest first. */
  messages: Id[];
  /** All of its messages, wherever they lie. */
  count: number;
  /** Who wrote, oldest first. */
  people: string[];
  subject: string;
  snippet: string;
  receivedMs: TimeMs;
  unread: boolean;
  starred: boolean;
  answered: boolean;
  attachments: boolean;
  labels: Id[];
  /** One of them does not open, or came from nobody knows where. */
  doubtful: boolean;
}

export interface Person {
  name: string;
  address: string;
}

export interface Attachment {
  name: string;
  mediaType: string;
  sizeBytes: number;
}

/** In the words of RFC 8601. */
export type MailVerdict = 'none' | 'pass' | 'fail' | 'softfail' | 'neutral' | 'temperror' | 'permerror';

/** What the mail gateway found out about where a message comes from. */
export interface Proof {
  /** Whom the envelope named; empty for reports. */
  sender: string;
  /** The host that brought it. */
  peer: string;
  /** How the connection was protected; empty if it was not. */
  tls: string;
  spf: MailVerdict;
  dkim: MailVerdict;
  dkimDomains: string[];
  dmarc: MailVerdict;
  arc: MailVerdict;
  spam: boolean;
}

export interface Message {
  id: Id;
  receivedMs: TimeMs;
  /** What it says of itself. */
  dateMs: TimeMs | null;
  /**
   * `gateway`: the mail gateway signed for it. `own`: its owner put it there. `unknown`: anybody who knows the public
   * key can have made it. `sealed`: it does not open.
   */
  origin: 'gateway' | 'own' | 'unknown' | 'sealed';
  /** To which of the account's addresses it was written. */
  address: string | null;
  from: Person[];
  to: Person[];
  cc: Person[];
  replyTo: Person[];
  subject: string;
  snippet: string;
  sizeBytes: number;
  attachments: Attachment[];
  read: boolean;
  starred: boolean;
  answered: boolean;
  forwarded: boolean;
  place: Place;
  labels: Id[];
  /** When the server deletes it by itself. */
  expiresMs: TimeMs | null;
  proof: Proof;
}

/** What shall be noted on messages; what is absent stays. */
export interface MarkChange {
  read?: boolean;
  starred?: boolean;
  place?: Place;
  label?: Id[];
  unlabel?: Id[];
}

/** Where messages lay before they were moved. */
export interface Lain {
  place: Place;
  messages: Id[];
}
