/** Uploads: from what was chosen, through the queue, into a folder. Also what is left of them after a reload. */
import type { Id, KeptHandle, ResumeOutcome, Transfer, UploadItem } from '../api';
import type { Client, TransferNews } from '../skin';
import { newId } from './ids';
import type { Ledger } from './ledger';
import { matchItems } from './matching';
import { dropRecords, keepRecords, type LoadedRecord, loadRecords, type UploadRecord } from './records';
import { closedTabs, thisTab } from './tab';

/** How often the progress of a large file is written down. */
const KEEP_EVERY_MS = 3_000;

interface Upload {
  record: UploadRecord;
  handle: FileSystemFileHandle | undefined;
  /** Gone after a reload, until the same file is chosen again. */
  file: File | undefined;
  /** The folder it goes into, while that is known to exist. */
  parent: Id | undefined;
  keptMs: number;
}

export class Uploads {
  #client: Client;
  #ledger: Ledger;
  #arrive: () => void;
  #account: Id = '';
  #uploads = new Map<Id, Upload>();
  #arrived: Id[] = [];

  /** `arrive` is called when files have come into their folders. */
  constructor(client: Client, ledger: Ledger, arrive: () => void) {
    this.#client = client;
    this.#ledger = ledger;
    this.#arrive = arrive;
  }

  has(id: Id): boolean {
    return this.#uploads.has(id);
  }

  /** Takes up what an earlier page left unfinished. */
  async takeUp(account: Id) {
    this.#account = account;
    const left = await this.#unfinished(await leftBehind(account));
    for (const { record } of left) record.tab = thisTab;
    await keepRecords(left);
    for (const { record, handle } of left) {
      this.#uploads.set(record.id, { record, handle, file: undefined, parent: undefined, keptMs: 0 });
      this.#ledger.add(rowFor(record, 'needs-file', handle !== undefined));
    }
  }

  /** A page may end after a file came into its folder and before that was noted: such a file must not come twice. */
  async #unfinished(left: LoadedRecord[]): Promise<LoadedRecord[]> {
    if (left.length === 0) return left;
    const ids = left.map(({ record }) => record.id);
    // Without a line it is not known; sending it again finds out.
    const arrived = new Set(await this.#client.arrived(ids).catch(() => []));
    await dropRecords(arrived);
    return left.filter(({ record }) => !arrived.has(record.id));
  }

  async add(root: Id, items: UploadItem[]) {
    // Also those that nothing is in, and before the first file has come.
    const parents = await this.#makeFolders(root, items);
    const groups = groupsOf(items);
    const startedMs = Date.now();
    const added = items.flatMap((item, i) =>
      item.file ? [this.#prepare(root, groups[i] ?? '', item, item.file, parents[i], startedMs)] : [],
    );
    await keepRecords(added);
    for (const { record, handle } of added) this.#ledger.add(rowFor(record, 'queued', handle !== undefined));
    this.#send(added.map(({ record }) => record.id));
  }

  #makeFolders(root: Id, items: UploadItem[]): Promise<Id[]> {
    const anyPath = items.some(({ path }) => path.length > 0);
    if (!anyPath) return Promise.resolve(items.map(() => root));
    return this.#client.makeFolders(
      root,
      items.map(({ path }) => path),
    );
  }

  #prepare(
    root: Id,
    group: Id,
    { path, handle }: UploadItem,
    file: File,
    parent: Id | undefined,
    startedMs: number,
  ): LoadedRecord {
    const record: UploadRecord = {
      id: newId(),
      account: this.#account,
      tab: thisTab,
      group,
      root,
      path,
      name: file.name,
      sizeBytes: file.size,
      modifiedMs: file.lastModified,
      startedMs,
      doneBytes: 0,
    };
    this.#uploads.set(record.id, { record, handle, file, parent, keptMs: startedMs });
    return { record, handle };
  }

  #send(ids: Id[]) {
    const files = ids.flatMap((id) => {
      const { record, file, parent } = this.#uploads.get(id) ?? {};
      if (!record || !file) return [];
      const { name, modifiedMs } = record;
      const place = parent ? { root: parent, path: [] } : { root: record.root, path: record.path };
      return [{ id, source: file, ...place, name, modifiedMs, mediaType: file.type }];
    });
    this.#client.send(files, (news, id) => this.#hear(id, news));
  }

  #hear(id: Id, news: TransferNews) {
    this.#ledger.hear(id, news);
    const upload = this.#uploads.get(id);
    if (!upload) return;
    if (news.is === 'progress') this.#note(upload, news.doneBytes);
    // The folder may be gone: whoever tries again makes it anew.
    if (news.is === 'failed') upload.parent = undefined;
    if (news.is === 'done') this.#finish(upload);
  }

  #note(upload: Upload, doneBytes: number) {
    upload.record.doneBytes = doneBytes;
    if (Date.now() - upload.keptMs < KEEP_EVERY_MS) return;
    upload.keptMs = Date.now();
    void keepRecords([upload]);
  }

  /** Files arrive many at once: they are forgotten, and the folders drawn again, together. */
  #finish({ record: { id, sizeBytes } }: Upload) {
    this.#ledger.change(id, { doneBytes: sizeBytes });
    if (this.#arrived.push(id) > 1) return;
    queueMicrotask(() => {
      void this.#forget(this.#arrived.splice(0));
      this.#arrive();
    });
  }

  async pause(ids: Id[]) {
    for (const id of ids) this.#ledger.change(id, { state: 'paused' });
    await this.#client.stopSending(ids);
  }

  /** After a reload there may be no file to go on with: then it needs the person first. */
  resume(ids: Id[]) {
    const ready = ids.filter((id) => this.#uploads.get(id)?.file);
    for (const id of ids) this.#ledger.change(id, { state: ready.includes(id) ? 'queued' : 'needs-file', error: null });
    this.#send(ready);
  }

  async cancel(ids: Id[]) {
    for (const id of ids) this.#ledger.change(id, { state: 'cancelled' });
    await this.#client.stopSending(ids);
    await this.#forget(ids);
    // What the server keeps of it is swept after a week anyway: best effort.
    await Promise.allSettled(ids.map((id) => this.#client.abandonUpload(id)));
  }

  async #forget(ids: Id[]) {
    for (const id of ids) this.#uploads.delete(id);
    await dropRecords(ids);
  }

  handles(ids: Id[]): KeptHandle[] {
    return ids.flatMap((transfer) => {
      const handle = this.#uploads.get(transfer)?.handle;
      return handle ? [{ transfer, handle }] : [];
    });
  }

  resumeWith(ids: Id[], items: UploadItem[]): ResumeOutcome {
    const wanted = ids.flatMap((id) => this.#uploads.get(id)?.record ?? []);
    const { matched, unmatched } = matchItems(wanted, items);
    for (const { id, file, handle } of matched) {
      const upload = this.#uploads.get(id);
      if (upload) Object.assign(upload, { file, handle: handle ?? upload.handle });
    }
    const resumed = matched.map(({ id }) => id);
    this.resume(resumed);
    return { resumed, unmatched };
  }

  /** When the session has ended from elsewhere: nothing of this page goes on, and nothing of it stays behind. */
  async forgetOurs() {
    const ours = [...this.#uploads.keys()];
    await this.#client.stopSending(ours);
    for (const id of ours) this.#ledger.remove(id);
    await this.#forget(ours);
  }

  /** On signing out here. */
  async forgetAll() {
    await this.forgetOurs();
    // What other pages have under way ends with the session as well.
    await dropRecords((await loadRecords(this.#account)).map(({ record }) => record.id));
  }
}

/** What no open page has under way. */
async function leftBehind(account: Id): Promise<LoadedRecord[]> {
  const records = await loadRecords(account);
  const closed = await closedTabs(records.map(({ record }) => record.tab));
  return records.filter(({ record }) => closed.has(record.tab));
}

/** Each dropped folder is a group, and so are all loose files: what can be chosen again in one go. */
function groupsOf(items: UploadItem[]): Id[] {
  const groups = new Map<string, Id>();
  return items.map(({ path }) => {
    const top = path[0] ?? '';
    const group = groups.get(top) ?? newId();
    groups.set(top, group);
    return group;
  });
}

function rowFor(record: UploadRecord, state: Transfer['state'], handleKept: boolean): Transfer {
  const { id, name, path, group, sizeBytes, doneBytes, startedMs } = record;
  return {
    id,
    direction: 'up',
    state,
    name,
    path,
    group,
    sizeBytes,
    doneBytes,
    startedMs,
    speed: 0,
    error: null,
    handleKept,
  };
}
