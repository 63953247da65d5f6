/** Uploads: from what was chosen, through the queue, into a folder. Also what is left of them after a reload. */
import type { Id, KeptHandle, ResumeOutcome, Transfer, UploadItem } from '../api';
import type { Client } from '../skin';
import { Attacher } from './attacher';
import { explain } from './explain';
import { newId } from './ids';
import type { Ledger } from './ledger';
import { matchItems } from './matching';
import { Queue } from './queue';
import { dropRecords, keepRecords, type LoadedRecord, loadRecords, type UploadRecord } from './records';
import { untilItPasses } from './retry';
import { closedTabs, thisTab } from './tab';

/** Several small files fill the lanes that one small file leaves idle; more would only split the line. */
const AT_ONCE = 4;
/** How often the progress of a large file is written down. */
const KEEP_EVERY_MS = 3_000;

interface Upload {
  record: UploadRecord;
  handle: FileSystemFileHandle | undefined;
  /** Gone after a reload, until the same file is chosen again. */
  file: File | undefined;
  /** The folder it goes into, once that is known to exist. */
  parent: Id | undefined;
}

export class Uploads {
  #client: Client;
  #ledger: Ledger;
  #attacher: Attacher;
  #account: Id = '';
  #uploads = new Map<Id, Upload>();
  #queue = new Queue(AT_ONCE, (id, signal) => this.#send(id, signal));

  constructor(client: Client, ledger: Ledger) {
    this.#client = client;
    this.#ledger = ledger;
    this.#attacher = new Attacher(client);
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
      this.#uploads.set(record.id, { record, handle, file: undefined, parent: undefined });
      this.#ledger.add(rowFor(record, 'needs-file', handle !== undefined));
    }
  }

  /** A page may end after a file came into its folder and before that was noted: such a file must not come twice. */
  async #unfinished(left: LoadedRecord[]): Promise<LoadedRecord[]> {
    if (left.length === 0) return left;
    const ids = left.map(({ record }) => record.id);
    // Without a line it is not known; attaching finds out.
    const attached = new Set(await this.#client.attached(ids).catch(() => []));
    await dropRecords(attached);
    return left.filter(({ record }) => !attached.has(record.id));
  }

  async add(root: Id, items: UploadItem[]) {
    const parents = await this.#makeFolders(root, items);
    const groups = groupsOf(items);
    const startedMs = Date.now();
    const added = items.flatMap((item, i) =>
      item.file ? [this.#prepare(root, groups[i] ?? '', item, item.file, parents[i], startedMs)] : [],
    );
    await keepRecords(added);
    for (const { record, handle } of added) this.#ledger.add(rowFor(record, 'queued', handle !== undefined));
    this.#queue.add(added.map(({ record }) => record.id));
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
    this.#uploads.set(record.id, { record, handle, file, parent });
    return { record, handle };
  }

  async #send(id: Id, signal: AbortSignal) {
    const upload = this.#uploads.get(id);
    if (!upload?.file) return;
    const { file } = upload;
    try {
      this.#ledger.change(id, { state: 'running', error: null });
      const content = await untilItPasses(() => this.#seal(upload, file, signal), {
        signal,
        waiting: (error) => this.#ledger.change(id, { state: 'retrying', error }),
        again: () => this.#ledger.change(id, { state: 'running', error: null }),
      });
      // The line is free for the next file while this one is put into its folder.
      void this.#attach(upload, file, content);
    } catch (thrown) {
      this.#stopped(id, thrown, signal);
    }
  }

  #seal({ record }: Upload, file: File, signal: AbortSignal): Promise<Uint8Array> {
    let keptMs = Date.now();
    const progress = (doneBytes: number) => {
      this.#ledger.progress(record.id, doneBytes);
      record.doneBytes = doneBytes;
      if (Date.now() - keptMs < KEEP_EVERY_MS) return;
      keptMs = Date.now();
      void this.#keep(record.id);
    };
    return this.#client.uploadContent(record.id, file, progress, signal);
  }

  async #keep(id: Id) {
    const upload = this.#uploads.get(id);
    if (upload) await keepRecords([upload]);
  }

  async #attach(upload: Upload, file: File, content: Uint8Array) {
    const { id, name, modifiedMs, sizeBytes, root, path } = upload.record;
    try {
      upload.parent ??= (await this.#client.makeFolders(root, [path]))[0] ?? root;
      await this.#attacher.attach({
        journal: id,
        content,
        parent: upload.parent,
        name,
        modifiedMs,
        mediaType: file.type,
      });
      this.#ledger.change(id, { state: 'done', doneBytes: sizeBytes, error: null });
      await this.#forget([id]);
    } catch (thrown) {
      this.#ledger.change(id, { state: 'failed', error: explain(thrown) });
    }
  }

  /** A pause and a cancel have changed the row before they stopped the work; only a failure has still to be told. */
  #stopped(id: Id, thrown: unknown, signal: AbortSignal) {
    if (!signal.aborted) this.#ledger.change(id, { state: 'failed', error: explain(thrown) });
  }

  async pause(ids: Id[]) {
    for (const id of ids) this.#ledger.change(id, { state: 'paused' });
    await Promise.all(ids.map((id) => this.#queue.stop(id)));
  }

  /** After a reload there may be no file to go on with: then it needs the person first. */
  resume(ids: Id[]) {
    const ready = ids.filter((id) => this.#uploads.get(id)?.file);
    for (const id of ids) this.#ledger.change(id, { state: ready.includes(id) ? 'queued' : 'needs-file', error: null });
    this.#queue.add(ready);
  }

  async cancel(ids: Id[]) {
    for (const id of ids) this.#ledger.change(id, { state: 'cancelled' });
    await Promise.all(ids.map((id) => this.#queue.stop(id)));
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
    await this.#queue.stopAll();
    const ours = [...this.#uploads.keys()];
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
