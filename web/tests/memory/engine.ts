/** Seals nothing, sends nothing; behaves towards the page as the real one does. */
import type {
  Account,
  Drawer,
  Engine,
  EngineErrorKind,
  EngineEvent,
  Entry,
  FolderListing,
  Id,
  LinkView,
  MarkChange,
  PreparedKit,
  SaveTarget,
  Share,
  ShareTerms,
  Standing,
  StayOptions,
  Tag,
  Transfer,
  UploadItem,
  Verdict,
} from '../../src/engine/api';
import { Domains } from './domains';
import { Post } from './post';
import { Tree } from './tree';

const WORDS =
  'harbor velvet ocean lemon gravity pilot orphan canyon timber radar silent maple echo window copper bridge season ladder quiet marble forest anchor winter violin';

const fail = (kind: EngineErrorKind) => Promise.reject({ kind });

export class MemoryEngine implements Engine {
  #tell: (event: EngineEvent) => void;
  #tree = new Tree();
  #post = new Post();
  #domains = new Domains();
  #account: Account | null = null;
  #prepared: PreparedKit | null = null;
  #shares: Share[] = [];
  #transfers: Transfer[] = [];

  constructor(tell: (event: EngineEvent) => void) {
    this.#tell = tell;
    if (typeof location !== 'undefined' && location.search.includes('as=ada')) {
      this.#enter('ada');
      this.#furnish();
    }
  }

  #furnish() {
    this.#tree.furnish();
    this.#post.furnish();
  }

  #enter(name: string): Account {
    this.#account = { id: this.#tree.newId(), name, root: this.#tree.root };
    return this.#account;
  }

  async restore(): Promise<Standing> {
    return this.#account ? { signedIn: true, account: this.#account } : { signedIn: false };
  }
  async checkName(typed: string) {
    return typed.includes(' ') ? fail('name-invalid') : typed.toLowerCase();
  }
  async judgePassword(guesses: number): Promise<Verdict> {
    const enough = guesses > 1e9;
    return { level: enough ? 4 : 0, holdsS: guesses / 1e4, enough };
  }
  async prepareSignUp(name: string, _password: string): Promise<PreparedKit> {
    if (name === 'taken') return fail('name-taken');
    this.#prepared = { preparationId: this.#tree.newId(), name, words: WORDS.split(' ') };
    return this.#prepared;
  }
  async completeSignUp(_preparationId: Id, _options: StayOptions): Promise<Account> {
    return this.#enter(this.#prepared?.name ?? '');
  }
  async signIn(name: string, password: string, _options: StayOptions): Promise<Account> {
    if (password === 'wrong') return fail('wrong-password');
    if (name === 'ada') this.#furnish();
    return this.#enter(name);
  }
  async signOut() {
    this.#account = null;
  }
  async recover(name: string, words: string, _newPassword: string, options: StayOptions): Promise<Account> {
    return words.trim().split(/\s+/).length === 24 ? this.signIn(name, '', options) : fail('words-mangled');
  }
  async changePassword(current: string, _next: string) {
    if (current === 'wrong') return fail('wrong-password');
  }
  async prepareKeys(current: string, _next: string): Promise<PreparedKit> {
    if (current === 'wrong') return fail('wrong-password');
    return { preparationId: this.#tree.newId(), name: this.#account?.name ?? '', words: WORDS.split(' ') };
  }
  async completeKeys() {}
  async sessions() {
    const now = Date.now();
    return [
      { id: 'a', current: true, createdMs: now - 3e8, lastSeenMs: now - 1e4, label: 'Firefox on Linux' },
      { id: 'b', current: false, createdMs: now - 9e8, lastSeenMs: now - 8e7, label: 'postern on fern' },
    ];
  }
  async revokeSession() {}
  async usage() {
    return { usedBytes: 7_300_000_000, quotaBytes: 20_000_000_000 };
  }

  async listFolder(folder: Id | null): Promise<FolderListing> {
    return this.#tree.list(folder) ?? fail('not-found');
  }
  async makeFolder(parent: Id, name: string): Promise<Entry> {
    return this.#tree.add(parent, 'folder', name, 0);
  }
  async rename(node: Id, name: string) {
    if (!this.#tree.rename(node, name)) return fail('entry-name-taken');
  }
  async move(nodes: Id[], destination: Id) {
    if (!this.#tree.move(nodes, destination)) return fail('into-itself');
  }
  async remove(nodes: Id[]) {
    this.#tree.remove(nodes);
  }

  async upload(parent: Id, items: UploadItem[]) {
    const group = this.#tree.newId();
    for (const { path, file } of items) {
      if (!file) continue;
      this.#tree.add(this.#tree.ensure(parent, path), 'file', file.name, file.size, file.type);
      this.#transfers.push(this.#transfer(group, file.name, path, file.size));
    }
    this.#tell({ type: 'transfers-changed', changed: this.#transfers, removed: [] });
    this.#tell({ type: 'drive-changed' });
  }
  #transfer(group: Id, name: string, path: string[], sizeBytes: number): Transfer {
    return {
      id: this.#tree.newId(),
      direction: 'up',
      state: 'done',
      name,
      path,
      group,
      sizeBytes,
      doneBytes: sizeBytes,
      startedMs: Date.now(),
      speed: 0,
      error: null,
      handleKept: false,
    };
  }
  async download(_entry: Pick<Entry, 'id'>, _target: SaveTarget): Promise<Id> {
    return this.#tree.newId();
  }
  async unsaved() {
    return null;
  }
  async transfers() {
    return this.#transfers;
  }
  async pause() {}
  async resume() {}
  async retry() {}
  async cancel() {}
  async clearFinished() {
    const removed = this.#transfers.map(({ id }) => id);
    this.#transfers = [];
    this.#tell({ type: 'transfers-changed', changed: [], removed });
  }
  async keptHandles() {
    return [];
  }
  async resumeWith() {
    return { resumed: [], unmatched: [] };
  }

  async share(node: Id, terms: ShareTerms): Promise<Share> {
    const entry = this.#tree.entry(node);
    if (!entry) return fail('not-found');
    const link = this.#tree.newId();
    const share: Share = {
      link,
      node,
      url: `${location.origin}/s/${link}#1AWo2mB7T0qN5kX9cLr4fYhE8sVzPdGj3uQiKtRwMnOaC6bZlS`,
      entry: { name: entry.name, kind: entry.kind },
      hasPassword: terms.password !== null,
      createdMs: Date.now(),
      expiresMs: terms.expiresMs,
      downloads: terms.downloads,
      downloaded: 0,
      state: 'live',
    };
    this.#shares.unshift(share);
    this.#tree.markShared(node);
    return share;
  }
  async shares() {
    return this.#shares;
  }
  async unshare(link: Id) {
    this.#shares = this.#shares.filter((share) => share.link !== link);
  }

  async mailHome() {
    return this.#post.home();
  }
  async listMail(drawer: Drawer, from: number, count: number) {
    return this.#post.list(drawer, from, count);
  }
  async searchMail(query: string, _aheadMinutes: number, from: number, count: number) {
    return this.#post.search(query, from, count);
  }
  async listedMail(drawer: Drawer, query: string, _aheadMinutes: number, among: Id[] | null) {
    return this.#post.listed(drawer, query, among);
  }
  async readConversation(message: Id) {
    return this.#post.conversation(message) ?? fail('not-found');
  }
  async readLetter(message: Id) {
    return this.#post.letter(message) ?? fail('not-found');
  }
  async readPart() {
    return new TextEncoder().encode('%PDF');
  }
  async saveLetter() {
    return this.#tree.newId();
  }
  async markMail(messages: Id[], change: MarkChange) {
    const lain = this.#post.mark(messages, change);
    this.#tell({ type: 'mail-changed' });
    return lain;
  }
  async deleteMail(messages: Id[]) {
    this.#post.remove(messages);
    this.#tell({ type: 'mail-changed' });
  }
  async makeMailFolder(name: string, colour: number) {
    return this.#post.makeTag('folders', this.#tree.newId(), name, colour) ?? fail('entry-name-taken');
  }
  async makeMailLabel(name: string, colour: number) {
    return this.#post.makeTag('labels', this.#tree.newId(), name, colour) ?? fail('entry-name-taken');
  }
  async changeMailTag(tag: Omit<Tag, 'unread'>) {
    this.#post.changeTag(tag);
    this.#tell({ type: 'mail-changed' });
  }
  async trustMailSender(address: string, trusted: boolean) {
    this.#post.trust(address, trusted);
    this.#tell({ type: 'mail-changed' });
  }
  async keepMailFor(trashDays: number, spamDays: number) {
    this.#post.keepFor(trashDays, spamDays);
    this.#tell({ type: 'mail-changed' });
  }
  async keepPart() {}
  async importMail(items: UploadItem[]) {
    return { imported: items.length, skipped: 0, notMail: [], tooLarge: [], refused: [], lost: [] };
  }
  async stopMailImport() {}
  async exportMail() {
    return this.#tree.newId();
  }
  async removeMailTag(tag: Id) {
    this.#post.removeTag(tag);
    this.#tell({ type: 'mail-changed' });
  }

  async administers() {
    return this.#account?.name === 'ada';
  }
  async domains() {
    return this.#domains.all();
  }
  async addDomain(name: string) {
    return this.#domains.add(name) ?? fail('domain-invalid');
  }
  async removeDomain(name: string) {
    this.#domains.remove(name);
  }
  async setCatchAll(name: string, account: string | null) {
    if (!this.#domains.setCatchAll(name, account)) return fail('not-found');
  }
  async addressesAt(name: string) {
    return { addresses: this.#domains.at(name), more: false };
  }
  async giveAddress(name: string, local: string, account: string) {
    if (!this.#domains.give(name, local, account)) return fail('address-taken');
  }
  async takeAddress(name: string, local: string) {
    this.#domains.take(name, local);
  }
  async checkDomain(name: string) {
    return this.#domains.records(name);
  }

  async readLink(id: string, fragment: string) {
    if (fragment.length < 4) return fail('link-mangled');
    return { link: id, needsPassword: fragment.includes('pw') };
  }
  async openLink(link: Id, password: string | null): Promise<LinkView> {
    if (password === 'wrong') return fail('link-refused');
    return {
      link,
      kind: 'file',
      name: 'Survey of the north wall, final.zip',
      sizeBytes: 4_820_000_000,
      mediaType: 'application/zip',
      modifiedMs: Date.now(),
      expiresMs: Date.now() + 6e8,
      downloadsLeft: 1,
      listing: null,
    };
  }
  async listLinkFolder(): Promise<FolderListing> {
    return fail('not-found');
  }
  async downloadFromLink() {
    return this.#tree.newId();
  }
}
