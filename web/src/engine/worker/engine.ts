/** The engine: the Rust client, and around it the queue, the handles and the sinks that only a browser has. */
import type {
  Account,
  Drawer,
  Engine,
  EngineEvent,
  Entry,
  FolderListing,
  Id,
  LetterPart,
  LinkView,
  MarkChange,
  Place,
  SaveTarget,
  ShareTerms,
  Standing,
  StayOptions,
  Tag,
  UploadItem,
} from '../api';
import type { Client } from '../skin';
import { Downloads } from './downloads';
import { fail } from './explain';
import { ENDED, Ledger } from './ledger';
import { Uploads } from './uploads';

export class WorkerEngine implements Engine {
  #client: Client;
  #tell: (event: EngineEvent) => void;
  #ledger: Ledger;
  #uploads: Uploads;
  #downloads: Downloads;
  #importing: AbortController | undefined;
  /** Names and sizes of what links have shown: a download is told by its node alone. */
  #seenInLinks = new Map<Id, { name: string; sizeBytes: number }>();

  constructor(client: Client, tell: (event: EngineEvent) => void) {
    this.#client = client;
    this.#tell = tell;
    this.#ledger = new Ledger(tell, Date.now);
    this.#uploads = new Uploads(client, this.#ledger, () => tell({ type: 'drive-changed' }));
    this.#downloads = new Downloads(this.#ledger);
  }

  /** What the client says unasked. */
  hear(event: EngineEvent) {
    // The client has forgotten the account by itself; the transfers are ours.
    if (event.type === 'signed-out') void this.#forget(() => this.#uploads.forgetOurs());
    this.#tell(event);
  }

  async restore(): Promise<Standing> {
    const standing = await this.#client.restore();
    if (standing.signedIn) await this.#entered(standing.account);
    return standing;
  }

  async #entered(account: Account): Promise<Account> {
    await this.#uploads.takeUp(account.id);
    return account;
  }

  checkName(typed: string) {
    return this.#client.checkName(typed);
  }
  judgePassword(guesses: number) {
    return this.#client.judgePassword(guesses);
  }
  prepareSignUp(name: string, password: string) {
    return this.#client.prepareSignUp(name, password);
  }
  async completeSignUp(preparationId: Id, options: StayOptions) {
    return this.#entered(await this.#client.completeSignUp(preparationId, options));
  }
  async signIn(name: string, password: string, options: StayOptions) {
    return this.#entered(await this.#client.signIn(name, password, options));
  }
  async recover(name: string, words: string, newPassword: string, options: StayOptions) {
    return this.#entered(await this.#client.recover(name, words, newPassword, options));
  }
  async signOut() {
    await this.#forget(() => this.#uploads.forgetAll());
    await this.#client.signOut();
  }

  /** The next person at this page must not read what the one before has sent and fetched. */
  async #forget(uploads: () => Promise<void>) {
    this.#downloads.forgetAccount();
    await uploads();
    this.#ledger.clear();
  }
  changePassword(current: string, next: string) {
    return this.#client.changePassword(current, next);
  }
  prepareKeys(current: string, next: string) {
    return this.#client.prepareKeys(current, next);
  }
  completeKeys(preparationId: Id) {
    return this.#client.completeKeys(preparationId);
  }
  sessions() {
    return this.#client.sessions();
  }
  revokeSession(id: Id) {
    return this.#client.revokeSession(id);
  }
  usage() {
    return this.#client.usage();
  }

  listFolder(folder: Id | null) {
    return this.#client.listFolder(folder);
  }
  makeFolder(parent: Id, name: string) {
    return this.#client.makeFolder(parent, name);
  }
  rename(node: Id, name: string) {
    return this.#client.rename(node, name);
  }
  move(nodes: Id[], destination: Id) {
    return this.#client.move(nodes, destination);
  }
  remove(nodes: Id[]) {
    return this.#client.remove(nodes);
  }

  upload(parent: Id, items: UploadItem[]) {
    return this.#uploads.add(parent, items);
  }
  async download({ id, name, sizeBytes }: Pick<Entry, 'id' | 'name' | 'sizeBytes'>, target: SaveTarget) {
    return this.#downloads.start('account', name, sizeBytes, target, (sink) => this.#client.openDownload(id, sink));
  }
  async unsaved(transfer: Id) {
    return this.#downloads.unsaved(transfer);
  }
  async transfers() {
    return this.#ledger.all();
  }
  pause(ids: Id[]) {
    return this.#uploads.pause(ids);
  }
  async resume(ids: Id[]) {
    this.#uploads.resume(ids);
  }
  async retry(ids: Id[]) {
    this.#uploads.resume(ids.filter((id) => this.#uploads.has(id)));
  }
  async cancel(ids: Id[]) {
    this.#downloads.cancel(ids);
    await this.#uploads.cancel(ids.filter((id) => this.#uploads.has(id)));
  }
  async clearFinished() {
    const ended = this.#ledger
      .all()
      .filter(({ state }) => ENDED.includes(state))
      .map(({ id }) => id);
    // A failed upload that leaves the list leaves the server too.
    await this.#uploads.cancel(ended.filter((id) => this.#uploads.has(id)));
    for (const id of ended) this.#ledger.remove(id);
  }
  async keptHandles(ids: Id[]) {
    return this.#uploads.handles(ids);
  }
  async resumeWith(ids: Id[], items: UploadItem[]) {
    return this.#uploads.resumeWith(ids, items);
  }

  share(node: Id, terms: ShareTerms) {
    return this.#client.share(node, terms);
  }
  shares() {
    return this.#client.shares();
  }
  unshare(link: Id) {
    return this.#client.unshare(link);
  }

  mailHome() {
    return this.#client.mailHome();
  }
  searchMail(query: string, aheadMinutes: number, from: number, count: number) {
    return this.#client.searchMail(query, aheadMinutes, from, count);
  }

  listMail(drawer: Drawer, from: number, count: number) {
    return this.#client.listMail(drawer, from, count);
  }
  listedMail(drawer: Drawer, query: string, aheadMinutes: number, among: Id[] | null) {
    return this.#client.listedMail(drawer, query, aheadMinutes, among);
  }
  readConversation(message: Id) {
    return this.#client.readConversation(message);
  }
  readLetter(message: Id, within: string[]) {
    return this.#client.readLetter(message, within);
  }
  readPart(message: Id, within: string[], path: string) {
    return this.#client.readPart(message, within, path);
  }
  async keepPart(message: Id, within: string[], { path, name, mediaType }: LetterPart, folder: Id) {
    const bytes = await this.#client.readPart(message, within, path);
    await this.#uploads.add(folder, [{ path: [], file: new File([bytes], name, { type: mediaType }) }]);
  }
  async saveLetter(message: Id, name: string, sizeBytes: number, target: SaveTarget) {
    return this.#downloads.start('account', name, sizeBytes, target, (sink) =>
      this.#client.openMailDownload(message, sink),
    );
  }
  markMail(messages: Id[], change: MarkChange) {
    return this.#client.markMail(messages, change);
  }
  deleteMail(messages: Id[]) {
    return this.#client.deleteMail(messages);
  }
  makeMailFolder(name: string, colour: number) {
    return this.#client.makeMailFolder(name, colour);
  }
  makeMailLabel(name: string, colour: number) {
    return this.#client.makeMailLabel(name, colour);
  }
  changeMailTag(tag: Omit<Tag, 'unread'>) {
    return this.#client.changeMailTag(tag);
  }
  removeMailTag(tag: Id) {
    return this.#client.removeMailTag(tag);
  }
  trustMailSender(address: string, trusted: boolean) {
    return this.#client.trustMailSender(address, trusted);
  }
  keepMailFor(trashDays: number, spamDays: number) {
    return this.#client.keepMailFor(trashDays, spamDays);
  }
  async importMail(items: UploadItem[], place: Place) {
    this.#importing?.abort();
    const stopping = new AbortController();
    this.#importing = stopping;
    const files = items.flatMap(({ path, file }) => (file ? [{ source: file, path, name: file.name }] : []));
    const heard = (doneBytes: number) => this.#tell({ type: 'mail-import', doneBytes });
    return this.#client.importMail(files, place, heard, stopping.signal);
  }
  async stopMailImport() {
    this.#importing?.abort();
  }
  async exportMail(name: string, sizeBytes: number, target: SaveTarget) {
    return this.#downloads.start('account', name, sizeBytes, target, (sink) => this.#client.openMailExport(sink));
  }

  administers() {
    return this.#client.administers();
  }
  domains() {
    return this.#client.domains();
  }
  addDomain(name: string) {
    return this.#client.addDomain(name);
  }
  removeDomain(name: string) {
    return this.#client.removeDomain(name);
  }
  setCatchAll(name: string, account: string | null) {
    return this.#client.setCatchAll(name, account);
  }
  addressesAt(name: string, after: string | null) {
    return this.#client.addressesAt(name, after);
  }
  giveAddress(name: string, local: string, account: string) {
    return this.#client.giveAddress(name, local, account);
  }
  takeAddress(name: string, local: string) {
    return this.#client.takeAddress(name, local);
  }
  checkDomain(name: string) {
    return this.#client.checkDomain(name);
  }

  readLink(id: string, fragment: string) {
    return this.#client.readLink(id, fragment);
  }
  async openLink(link: Id, password: string | null): Promise<LinkView> {
    const view = await this.#client.openLink(link, password);
    this.#seenInLinks.set(link, view);
    if (view.listing) this.#remember(view.listing);
    return view;
  }
  async listLinkFolder(link: Id, folder: Id): Promise<FolderListing> {
    return this.#remember(await this.#client.listLinkFolder(link, folder));
  }
  #remember(listing: FolderListing): FolderListing {
    for (const entry of listing.entries) this.#seenInLinks.set(entry.id, entry);
    return listing;
  }
  async downloadFromLink(link: Id, node: Id | null, target: SaveTarget) {
    const seen = this.#seenInLinks.get(node ?? link);
    if (!seen) throw fail('not-found');
    return this.#downloads.start('link', seen.name, seen.sizeBytes, target, (sink) =>
      this.#client.openLinkDownload(link, node, sink),
    );
  }
}
