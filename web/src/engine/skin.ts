/**
 * What the engine expects of the WASM module (`web/wasm`, wasm-bindgen, target "web"), and what it offers in return.
 *
 * The module is loaded twice: in the engine worker, where `Client` lives with all keys, and in each pool worker,
 * where only `run_part` is called, with the keys of one content and nothing else. Field names are camelCase (serde
 * `rename_all`), byte strings are `Uint8Array`, sizes are JS numbers (below 2^53), and a rejected promise carries a
 * plain object of the shape `EngineError` in `api.ts`.
 */
import type {
  Account,
  Administration,
  Drawer,
  EngineError,
  EngineEvent,
  Entry,
  FolderListing,
  Id,
  ImportedMail,
  Lain,
  LetterText,
  LinkText,
  LinkView,
  MailHome,
  FoundMail,
  MailPage,
  MarkChange,
  Message,
  Place,
  PreparedKit,
  SessionView,
  Share,
  ShareTerms,
  Standing,
  StayOptions,
  Tag,
  Usage,
  Verdict,
} from './api';

export interface Skin {
  /** wasm-bindgen's own initialiser; takes the compiled module so that the pool need not compile it again. */
  default(options: { module_or_path: WebAssembly.Module | URL }): Promise<unknown>;
  Client: { open(host: Host): Promise<Client> };
  /**
   * One part: read from `source`, seal, hash, `sealed(hash)`, PUT with retries. Runs in a pool worker, keeps no state.
   * `sealed` is awaited before a byte leaves: the client's own journal must know the hash first, or a file edited
   * between two tries would be sealed twice under one key and nonce.
   */
  run_part(
    job: Uint8Array,
    source: Blob,
    sealed: (partHash: Uint8Array) => Promise<void>,
    signal: AbortSignal,
  ): Promise<Uint8Array>;
}

/** What the client is given by its surroundings. */
export interface Host {
  /** "https://host", without a slash at the end. */
  origin: string;
  /** What this device calls itself in the list of sessions. */
  label: string;
  device: DeviceStore;
  lanes: Lanes;
  emit(event: EngineEvent): void;
}

/** A small durable key-value store; each value is sealed under a non-extractable key before it is written. */
export interface DeviceStore {
  get(key: string): Promise<Uint8Array | undefined>;
  put(key: string, value: Uint8Array): Promise<void>;
  delete(key: string): Promise<void>;
  /** All keys that begin with `prefix`. */
  list(prefix: string): Promise<string[]>;
  /**
   * Keeps other tabs off `name` until the returned function is called; `undefined` when another tab has it
   * (`navigator.locks.request` with `ifAvailable`). One interrupted upload must never go on in two tabs at once.
   */
  lock(name: string): Promise<(() => void) | undefined>;
}

/** Runs part jobs in the pool. The job's bytes are opaque here: made by the client, read by `run_part`. */
export interface Lanes {
  /** How many jobs may run at once. */
  width(): number;
  run(
    job: Uint8Array,
    source: Blob,
    /** Called once by the worker's `run_part`, across the port; the worker waits for the promise. */
    sealed: (partHash: Uint8Array) => Promise<void>,
    signal: AbortSignal,
  ): Promise<Uint8Array>;
}

/**
 * Where opened bytes go; each promise is waited for before the next chunk is made, which keeps memory flat. A write that
 * was begun goes to its end, whatever becomes of the download. It resolves with a buffer for another chunk, this one's
 * or an earlier one's, if it has one to give back: dead buffers lie about for long.
 */
export interface Sink {
  write(chunk: Uint8Array<ArrayBuffer>): Promise<ArrayBuffer | undefined>;
}

/**
 * One signed-in (or not yet signed-in) device. Calls of `api.ts` that are not about files on this machine go
 * straight through under the same names; the queue of transfers, handles and sinks is the engine's own business.
 */
export interface Client extends Administration {
  restore(): Promise<Standing>;
  checkName(typed: string): Promise<string>;
  judgePassword(guesses: number): Promise<Verdict>;
  prepareSignUp(name: string, password: string): Promise<PreparedKit>;
  completeSignUp(preparationId: Id, options: StayOptions): Promise<Account>;
  signIn(name: string, password: string, options: StayOptions): Promise<Account>;
  signOut(): Promise<void>;
  recover(name: string, words: string, newPassword: string, options: StayOptions): Promise<Account>;
  changePassword(current: string, next: string): Promise<void>;
  prepareKeys(current: string, next: string): Promise<PreparedKit>;
  completeKeys(preparationId: Id): Promise<void>;
  sessions(): Promise<SessionView[]>;
  revokeSession(id: Id): Promise<void>;
  usage(): Promise<Usage>;

  listFolder(folder: Id | null): Promise<FolderListing>;
  /** With a number behind its name if that is taken. */
  makeFolder(parent: Id, name: string): Promise<Entry>;
  /** Makes what is missing of each path in as few batches as possible; answers the innermost folder of each. */
  makeFolders(parent: Id, paths: string[][]): Promise<Id[]>;
  rename(node: Id, name: string): Promise<void>;
  move(nodes: Id[], destination: Id): Promise<void>;
  remove(nodes: Id[]): Promise<void>;

  /**
   * Sends files into the drive, small ones many at once, and tells what becomes of each. A record in the device store
   * (content id, FK, salt, BLAKE3 of each part before it leaves) lets the same file under the same id go on where it
   * stopped, after a crash as well, or fail with `file-differs`. It gets its id in the tree, so that doing it again does
   * nothing. What is on its way already is not taken twice. Throws an `EngineError` before anything is sent.
   */
  send(files: Outgoing[], heard: (news: TransferNews, id: Id) => void): void;
  /** Takes files out again. Resolves when nothing reads or sends them any more; what they have noted stays. */
  stopSending(ids: Id[]): Promise<void>;
  /** Those of `ids` that are in their folders. */
  arrived(ids: Id[]): Promise<Id[]>;
  /** Tells the server to forget what was begun of a file, and drops its record. */
  abandonUpload(id: Id): Promise<void>;
  /** The download of a file's content as it is when it begins. Throws an `EngineError`; asks nobody. */
  openDownload(node: Id, sink: Sink): Download;

  share(node: Id, terms: ShareTerms): Promise<Share>;
  shares(): Promise<Share[]>;
  unshare(link: Id): Promise<void>;

  mailHome(): Promise<MailHome>;
  listMail(drawer: Drawer, from: number, count: number): Promise<MailPage>;
  searchMail(query: string, aheadMinutes: number, from: number, count: number): Promise<FoundMail>;
  listedMail(drawer: Drawer, query: string, aheadMinutes: number, among: Id[] | null): Promise<Id[]>;
  readConversation(message: Id): Promise<Message[]>;
  readLetter(message: Id, within: string[]): Promise<LetterText>;
  readPart(message: Id, within: string[], path: string): Promise<Uint8Array<ArrayBuffer>>;
  /** The download of a message, byte for byte as it came. */
  openMailDownload(message: Id, sink: Sink): Download;
  markMail(messages: Id[], change: MarkChange): Promise<Lain[]>;
  deleteMail(messages: Id[]): Promise<void>;
  makeMailFolder(name: string, colour: number): Promise<Tag>;
  makeMailLabel(name: string, colour: number): Promise<Tag>;
  changeMailTag(tag: Omit<Tag, 'unread'>): Promise<void>;
  removeMailTag(tag: Id): Promise<void>;
  trustMailSender(address: string, trusted: boolean): Promise<void>;
  keepMailFor(trashDays: number, spamDays: number): Promise<void>;
  /** `heard` is told how much of all files has been read. Rejects with `cancelled` when the signal fires. */
  importMail(
    files: ImportFile[],
    place: Place,
    heard: (doneBytes: number) => void,
    signal: AbortSignal,
  ): Promise<ImportedMail>;
  /** The download of the whole mailbox as an archive. */
  openMailExport(sink: Sink): Download;

  readLink(id: string, fragment: string): Promise<LinkText>;
  openLink(link: Id, password: string | null): Promise<LinkView>;
  listLinkFolder(link: Id, folder: Id): Promise<FolderListing>;
  /** The same through a link. Running it takes a lease, or goes on with the one that this device holds. */
  openLinkDownload(link: Id, node: Id | null, sink: Sink): Download;
}

/** A file that is to be sent. */
export interface Outgoing {
  id: Id;
  source: Blob;
  /** A folder, and the names below it that lead to the file's own; what is missing of them is made. */
  root: Id;
  path: string[];
  name: string;
  modifiedMs: number;
  mediaType: string;
}

/** A file with mail in it, and the names of the folders in which it lies, outermost first. */
export interface ImportFile {
  source: Blob;
  path: string[];
  name: string;
}

/** What becomes of a transfer. A download's end is told by its promise. */
export type TransferNews =
  /** It is under way, for the first time or once more. */
  | { is: 'running' }
  | { is: 'progress'; doneBytes: number }
  /** The server cannot be reached, or not now: it is tried again. */
  | { is: 'retrying'; error: EngineError }
  | { is: 'failed'; error: EngineError }
  | { is: 'done' };

/** One content on its way into one sink. How far it has come, it alone knows. */
export interface Download {
  /**
   * Writes what is still missing, in order, each byte once, also when an earlier run has failed or was stopped in the
   * middle of a chunk. A line that breaks is taken up again where it broke. Rejects with `cancelled` when the signal
   * fires. One run at a time. Answers how many messages of an archive were left out.
   */
  run(heard: (news: TransferNews) => void, signal: AbortSignal): Promise<number>;
  /** Gives back its memory, with the keys in it. */
  free(): void;
}
