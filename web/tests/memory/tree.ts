import type { Crumb, Entry, FolderListing, Id } from '../../src/engine/api';

export class Tree {
  #entries = new Map<Id, Entry>();
  #made = 0;
  readonly root = this.newId();

  newId(): Id {
    this.#made += 1;
    return `memory-${String(this.#made).padStart(15, '0')}`;
  }

  entry(id: Id): Entry | undefined {
    return this.#entries.get(id);
  }

  add(
    parent: Id,
    kind: Entry['kind'],
    name: string,
    sizeBytes: number,
    mediaType = '',
    modifiedMs = Date.now(),
  ): Entry {
    const entry: Entry = {
      id: this.newId(),
      parent,
      kind,
      name,
      modifiedMs,
      sizeBytes,
      children: 0,
      mediaType,
      shared: false,
    };
    this.#entries.set(entry.id, entry);
    return entry;
  }

  ensure(parent: Id, path: string[]): Id {
    return path.reduce((at, name) => {
      const found = this.#childrenOf(at).find((child) => child.kind === 'folder' && child.name === name);
      return (found ?? this.add(at, 'folder', name, 0)).id;
    }, parent);
  }

  list(folder: Id | null): FolderListing | null {
    const id = folder ?? this.root;
    if (id !== this.root && !this.#entries.has(id)) return null;
    const entries = this.#childrenOf(id).map((entry) => ({ ...entry, children: this.#childrenOf(entry.id).length }));
    return { folder: id, path: this.#path(id), entries };
  }

  rename(id: Id, name: string): boolean {
    const entry = this.#entries.get(id);
    if (!entry || this.#childrenOf(entry.parent).some((other) => other.name === name)) return false;
    entry.name = name;
    return true;
  }

  move(ids: Id[], destination: Id): boolean {
    if (this.#path(destination).some((crumb) => ids.includes(crumb.id))) return false;
    for (const id of ids) {
      const entry = this.#entries.get(id);
      if (entry) entry.parent = destination;
    }
    return true;
  }

  remove(ids: Id[]) {
    for (const id of ids) {
      this.remove(this.#childrenOf(id).map((child) => child.id));
      this.#entries.delete(id);
    }
  }

  markShared(id: Id) {
    const entry = this.#entries.get(id);
    if (entry) entry.shared = true;
  }

  /** Something to look at. */
  furnish() {
    const day = 86_400_000;
    const now = Date.now();
    const add = (parent: Id, kind: Entry['kind'], name: string, size: number, days: number) =>
      this.add(parent, kind, name, size, '', now - days * day);
    const survey = add(this.root, 'folder', 'North wall survey', 0, 3);
    add(survey.id, 'file', 'scan-001.e57', 940_000_000, 3);
    add(survey.id, 'file', 'scan-002.e57', 1_210_000_000, 3);
    const deeds = add(this.root, 'folder', 'Deeds and contracts', 0, 21);
    add(deeds.id, 'file', 'lease.pdf', 410_000, 21);
    add(this.root, 'folder', 'Wedding, the good ones', 0, 48);
    add(this.root, 'file', 'Choir recording 14 June.flac', 412_000_000, 160);
    add(this.root, 'file', 'Letter to the council.pdf', 218_400, 0);
    add(this.root, 'file', 'Film, rough cut 3.mov', 18_400_000_000, 1);
    this.markShared(add(this.root, 'file', 'Garden plan.pdf', 3_820_000, 9).id);
    add(this.root, 'file', 'notes.txt', 1_204, 0.1);
  }

  #childrenOf(id: Id): Entry[] {
    return [...this.#entries.values()].filter((entry) => entry.parent === id);
  }

  #path(id: Id): Crumb[] {
    const entry = this.#entries.get(id);
    return entry ? [...this.#path(entry.parent), { id, name: entry.name }] : [{ id: this.root, name: '' }];
  }
}
