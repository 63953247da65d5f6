/** The folder on the screen: what is in it, what is selected, what is being renamed. */
import { SvelteSet } from 'svelte/reactivity';
import type { Entry, FolderListing, Id } from '../engine/api';
import { Action } from './action.svelte';
import { engine, listen } from './engine';
import { beginVisit, whenLeft } from './leaving';

export type SortKey = 'name' | 'size' | 'changed';

/** Made for whoever looks at a drive: it takes some milliseconds. */
let collator: Intl.Collator | undefined;

function compareNames(a: Entry, b: Entry): number {
  collator ??= new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' });
  return collator.compare(a.name, b.name);
}

const ORDERS: Record<SortKey, (a: Entry, b: Entry) => number> = {
  name: compareNames,
  size: (a, b) => a.sizeBytes - b.sizeBytes,
  changed: (a, b) => a.modifiedMs - b.modifiedMs,
};

/** Folders first, whatever the order; names decide between equals. */
export function sortEntries(entries: Entry[], key: SortKey, ascending: boolean): Entry[] {
  const sign = ascending ? 1 : -1;
  const rank = (entry: Entry) => (entry.kind === 'folder' ? 0 : 1);
  return entries.toSorted((a, b) => rank(a) - rank(b) || sign * ORDERS[key](a, b) || ORDERS.name(a, b));
}

class Drive {
  listing = $state.raw<FolderListing | null>(null);
  selected = new SvelteSet<Id>();
  renaming: Id | null = $state(null);
  sortKey = $state<SortKey>('name');
  ascending = $state(true);
  readonly opening = new Action();
  readonly changing = new Action();
  #wanted: Id | null = null;

  readonly entries = $derived(sortEntries(this.listing?.entries ?? [], this.sortKey, this.ascending));

  async open(folder: Id | null) {
    this.#wanted = folder;
    if (this.listing && this.listing.folder !== folder) this.listing = null;
    this.selected.clear();
    this.renaming = null;
    await this.refresh();
  }

  forget() {
    this.listing = this.#wanted = this.renaming = null;
    this.selected.clear();
  }

  async refresh() {
    await this.opening.look(() => this.#load());
  }

  /** Whether anybody has looked, or is about to. */
  get isShown(): boolean {
    return this.listing !== null || this.opening.busy;
  }

  async #load() {
    const wanted = this.#wanted;
    const isSameVisit = beginVisit();
    const listing: FolderListing = await engine.listFolder(wanted);
    // Somebody may go on to another folder while one is loading: the last wish counts, and has asked for it.
    if (!isSameVisit() || wanted !== this.#wanted) return;
    this.listing = listing;
    const present = new Set(listing.entries.map((entry: Entry) => entry.id));
    for (const id of this.selected) if (!present.has(id)) this.selected.delete(id);
  }

  sortBy(key: SortKey) {
    this.ascending = this.sortKey === key ? !this.ascending : true;
    this.sortKey = key;
  }

  selectAll() {
    for (const { id } of this.entries) this.selected.add(id);
  }

  beginRename(id: Id) {
    this.renaming = id;
  }

  async makeFolder(name: string) {
    const parent = this.listing?.folder;
    if (!parent) return;
    await this.changing.queue(async () => {
      const made = await engine.makeFolder(parent, name);
      await this.#load();
      this.selected.clear();
      this.selected.add(made.id);
      this.renaming = made.id;
    });
  }

  async rename(entry: Entry, name: string) {
    this.renaming = null;
    const trimmed = name.trim();
    if (trimmed === '' || trimmed === entry.name) return;
    await this.#change(() => engine.rename(entry.id, trimmed));
  }

  move(nodes: Id[], destination: Id) {
    return this.#change(() => engine.move(nodes, destination));
  }

  remove(nodes: Id[]) {
    return this.#change(() => engine.remove(nodes));
  }

  #change(work: () => Promise<void>) {
    return this.changing.queue(async () => {
      await work();
      await this.#load();
    });
  }
}

export const drive = new Drive();

whenLeft(() => drive.forget());

listen((event) => {
  if (event.type === 'drive-changed' && drive.isShown) void drive.refresh();
});
