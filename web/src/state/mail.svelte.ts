/** The list of messages on the screen, what is selected in it, and the conversation that is open. */
import { SvelteSet } from 'svelte/reactivity';
import type {
  Drawer,
  FoundMail,
  Id,
  MailHome,
  MailPage,
  MailRow,
  MarkChange,
  Message,
  Place,
  Tag,
} from '../engine/api';
import { en } from '../strings/en';
import { Action } from './action.svelte';
import { engine, listen } from './engine';
import { beginVisit, whenLeft } from './leaving';

/** So many rows are fetched at once: more than any screen shows. */
const WINDOW = 100;

/** What was just done, for as long as it can be taken back. */
export interface Undo {
  text: string;
  run: () => Promise<void>;
}

class Mail {
  home = $state.raw<MailHome | null>(null);
  drawer = $state<Drawer>('inbox');
  /** What somebody looks for; while it is not empty, the list has what was found. */
  query = $state('');
  found = $state.raw<FoundMail | null>(null);
  /** How many conversations the drawer lists; `null` before anything is known. */
  total = $state<number | null>(null);
  /** Rows of the list, from `first` on. */
  rows = $state.raw<MailRow[]>([]);
  first = $state(0);
  open = $state.raw<Message[] | null>(null);
  selected = new SvelteSet<Id>();
  undo = $state.raw<Undo | null>(null);
  readonly loading = new Action();
  readonly knowing = new Action();
  readonly opening = new Action();
  readonly changing = new Action();
  #opened: Id | null = null;

  /** Shows another drawer. */
  async show(drawer: Drawer) {
    if (this.drawer !== drawer || this.total === null) {
      this.drawer = drawer;
      this.query = '';
      this.#begin();
    }
    await this.refresh();
  }

  /** Shows what is found instead; nothing to look for shows the drawer again. */
  async search(query: string) {
    if (this.query === query) return;
    this.query = query;
    this.#begin();
    await this.refresh();
  }

  #begin() {
    this.total = null;
    this.found = null;
    this.rows = [];
    this.first = 0;
    this.selected.clear();
  }

  /** Rows around `index` are about to be seen. */
  async need(index: number) {
    const last = this.first + this.rows.length;
    const all = this.total ?? 0;
    const near = index >= this.first && (index < last || last >= all);
    if (near) return;
    this.first = Math.max(0, index - WINDOW / 2);
    await this.refresh();
  }

  /** Looks anew. */
  async refresh() {
    await this.loading.look(() => this.#load());
  }

  /** For who does not look at letters now. */
  async lookHome() {
    await this.knowing.look(async () => {
      const isSameVisit = beginVisit();
      const home = await engine.mailHome();
      if (isSameVisit()) this.home = home;
    });
  }

  /** Whether anybody has looked, or is about to. */
  get isShown(): boolean {
    return this.total !== null || this.loading.busy;
  }

  async #load() {
    const { drawer, query, first } = this;
    const isSameVisit = beginVisit();
    const page = await this.#page(drawer, query, first);
    // Who wants something else by now has asked for it.
    if (!isSameVisit() || drawer !== this.drawer || query !== this.query || first !== this.first) return;
    this.home = page.home;
    this.found = 'whole' in page ? (page as FoundMail) : null;
    this.total = page.total;
    this.rows = page.rows;
    const present = new Set(page.rows.map(({ id }) => id));
    for (const id of this.selected) if (!present.has(id)) this.selected.delete(id);
    const opened = this.#opened;
    if (!opened) return;
    const open = await this.#conversation(opened);
    if (opened === this.#opened) this.open = open;
  }

  #page(drawer: Drawer, query: string, first: number): Promise<MailPage> {
    if (query === '') return engine.listMail(drawer, first, WINDOW);
    return engine.searchMail(query, -new Date().getTimezoneOffset(), first, WINDOW);
  }

  /** Opens the conversation of a message, and notes that it was read. */
  async read(message: Id | null) {
    this.#opened = message;
    if (!message) {
      this.open = null;
      return;
    }
    if (this.open && !this.open.some(({ id }) => id === message)) this.open = null;
    await this.opening.queue(async () => {
      if (this.#opened !== message) return;
      const open = await this.#conversation(message);
      if (this.#opened !== message) return;
      this.open = open;
      const unread = (open ?? []).filter(({ read }) => !read).map(({ id }) => id);
      if (unread.length > 0) await engine.markMail(unread, { read: true });
    });
  }

  /** Somebody else may have deleted it meanwhile. */
  async #conversation(message: Id): Promise<Message[] | null> {
    try {
      return await engine.readConversation(message);
    } catch (thrown) {
      if ((thrown as { kind?: string }).kind === 'not-found') return null;
      throw thrown;
    }
  }

  /** The rows that an action is about: what is selected, else what is given. */
  chosen(fallback: MailRow | undefined): MailRow[] {
    const selected = this.rows.filter(({ id }) => this.selected.has(id));
    if (selected.length > 0) return selected;
    return fallback ? [fallback] : [];
  }

  mark(messages: Id[], change: MarkChange) {
    return this.changing.queue(() => engine.markMail(messages, change));
  }

  /** Moves messages, and offers to move them back. */
  async move(messages: Id[], place: Place) {
    // What was found may have lain anywhere.
    const before = this.query === '' ? this.drawer : 'all';
    this.selected.clear();
    const moved = await this.mark(messages, { place });
    if (!moved) return;
    const back = isPlace(before) ? before : null;
    this.undo = back && {
      text: en.mail.movedTo(placeName(place, this.home), messages.length),
      run: async () => {
        this.undo = null;
        await this.mark(messages, { place: back });
      },
    };
  }

  async remove(messages: Id[]) {
    this.selected.clear();
    await this.changing.queue(() => engine.deleteMail(messages));
  }

  makeFolder(name: string) {
    return this.changing.queue(async () => void (await engine.makeMailFolder(name, 0)));
  }

  makeLabel(name: string, colour: number) {
    return this.changing.queue(async () => void (await engine.makeMailLabel(name, colour)));
  }

  changeTag(tag: Omit<Tag, 'unread'>) {
    return this.changing.queue(() => engine.changeMailTag(tag));
  }

  removeTag(tag: Id) {
    return this.changing.queue(() => engine.removeMailTag(tag));
  }

  /** Whether pictures from elsewhere are loaded in what this address writes. */
  trust(address: string, trusted: boolean) {
    return this.changing.queue(() => engine.trustMailSender(address, trusted));
  }

  forget() {
    this.home = this.open = this.undo = this.total = this.found = null;
    this.query = '';
    this.#opened = null;
    this.rows = [];
    this.first = 0;
    this.drawer = 'inbox';
    this.selected.clear();
  }
}

/** How many colours labels have. */
export const COLOURS = 6;

function isPlace(drawer: Drawer): drawer is Place {
  return drawer !== 'all' && drawer !== 'starred' && !drawer.startsWith('label:');
}

/** What a place is called. */
export function placeName(place: Place, home: MailHome | null): string {
  if (!place.startsWith('folder:')) return en.mail.places[place as keyof typeof en.mail.places];
  const id = place.slice('folder:'.length);
  return home?.folders.find((folder) => folder.id === id)?.name ?? en.mail.places.archive;
}

/** What a drawer is called. */
export function drawerName(drawer: Drawer, home: MailHome | null): string {
  if (drawer === 'all' || drawer === 'starred') return en.mail.places[drawer];
  if (!drawer.startsWith('label:')) return placeName(drawer as Place, home);
  const id = drawer.slice('label:'.length);
  return home?.labels.find((label) => label.id === id)?.name ?? en.mail.label;
}

export const mail = new Mail();

whenLeft(() => mail.forget());

listen((event) => {
  if (event.type !== 'mail-changed') return;
  if (mail.isShown) void mail.refresh();
  else if (mail.home || mail.knowing.busy) void mail.lookHome();
});
