/** The mailbox as a page shows it: a list, what is ticked in it, the conversation that is open, and what is done with them. */
import type { Drawer, Id, Lain, MailHome, MailRow, MarkChange, Message, Place, Tag } from '../engine/api';
import { en } from '../strings/en';
import { Action } from './action.svelte';
import { engine, listen } from './engine';
import { beginVisit, whenLeft } from './leaving';
import { MailList } from './mail-list.svelte';
import { isIn, isKept, placeName } from './mail-places';
import { MailReading } from './mail-reading.svelte';
import { MailSelection } from './mail-selection.svelte';

/** What was just done, for as long as it can be taken back. */
export interface Undo {
  text: string;
  run: () => Promise<void>;
}

class Mail {
  home = $state.raw<MailHome | null>(null);
  undo = $state.raw<Undo | null>(null);
  /** What somebody is asked about, whether it shall be deleted for good. */
  removing = $state.raw<Id[] | null>(null);
  readonly list = new MailList();
  readonly selection = new MailSelection();
  readonly reading = new MailReading(
    (messages) => this.listed(messages),
    (messages) => void this.mark(messages, { read: true }),
  );
  readonly loading = new Action();
  readonly knowing = new Action();
  readonly changing = new Action();

  /** Shows another drawer; who comes back to the same one finds what was found there. */
  async show(drawer: Drawer) {
    const { list } = this;
    if (list.drawer !== drawer || list.total === null) this.#begin(drawer, '');
    await this.refresh();
  }

  /** Shows what is found instead; nothing to look for shows the drawer again. */
  async search(query: string) {
    if (this.list.query === query) return;
    this.#begin(this.list.drawer, query);
    await this.refresh();
  }

  #begin(drawer: Drawer, query: string) {
    this.list.begin(drawer, query);
    this.selection.clear();
  }

  /** The rows `from` to `until` are about to be seen. */
  async need(from: number, until: number) {
    if (this.list.need(from, until)) await this.refresh();
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
    return this.list.total !== null || this.loading.busy;
  }

  async #load() {
    const home = await this.list.load(beginVisit());
    if (!home) return;
    this.home = home;
    if (!this.selection.isEmpty) {
      const asked = [...this.selection.messages];
      this.selection.keep(asked, await this.list.messages(asked));
    }
    // What fails at first is told where it was opened.
    if (this.reading.messages) await this.reading.refresh();
  }

  /** Ticks all rows from the one that was ticked last to this one. */
  selectTo(index: number) {
    const anchor = this.selection.anchor ?? index;
    const [first, last] = [Math.min(anchor, index), Math.max(anchor, index)];
    return this.changing.queue(async () => {
      const { rows } = await this.list.page(first, last + 1 - first);
      this.selection.add(rows.flatMap(({ messages }) => messages));
    });
  }

  /** Ticks all of the list, not only what is at hand. */
  selectAll() {
    return this.changing.queue(async () => this.selection.add(await this.list.messages(null)));
  }

  /** Those letters of a conversation that are listed where somebody is, and not elsewhere. */
  listed(messages: Message[]): Message[] {
    const { drawer, query, rows } = this.list;
    const row = rows.find((row) => messages.some(({ id }) => row.messages.includes(id)));
    return messages.filter((message) => {
      if (row) return row.messages.includes(message.id);
      return query === '' ? isIn(message, drawer, this.home) : isKept(message);
    });
  }

  /** The rows at hand that are ticked. */
  get selectedRows(): MailRow[] {
    return this.list.rows.filter((row) => this.selection.has(row));
  }

  mark(messages: Id[], change: MarkChange) {
    return this.changing.queue(async () => void (await engine.markMail(messages, change)));
  }

  /** Moves messages, and offers to move them back to where each of them lay. */
  async move(messages: Id[], place: Place) {
    this.selection.clear();
    let lain: Lain[] = [];
    const moved = await this.changing.queue(async () => {
      lain = await engine.markMail(messages, { place });
    });
    const count = lain.reduce((sum, { messages }) => sum + messages.length, 0);
    if (!moved || count === 0) return;
    this.undo = {
      text: en.mail.movedTo(placeName(place, this.home), count),
      run: async () => {
        this.undo = null;
        for (const { place, messages } of lain) await this.mark(messages, { place });
      },
    };
  }

  /** Asks whether all that lies in the drawer shall be deleted. */
  askToEmpty() {
    return this.changing.queue(async () => {
      this.removing = await this.list.messages(null);
    });
  }

  async remove(messages: Id[]) {
    this.selection.clear();
    return await this.changing.queue(() => engine.deleteMail(messages));
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
    this.home = this.undo = this.removing = null;
    this.reading.close();
    this.#begin('inbox', '');
  }
}

/** How many colours labels have. */
export const COLOURS = 6;

export const mail = new Mail();

whenLeft(() => mail.forget());

listen((event) => {
  if (event.type !== 'mail-changed') return;
  if (mail.isShown) void mail.refresh();
  else if (mail.home || mail.knowing.busy) void mail.lookHome();
});
