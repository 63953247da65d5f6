/** What a drawer lists, or what was found: the rows that are at hand, and the one that the keyboard is on. */
import type { Drawer, FoundMail, Id, MailHome, MailPage, MailRow } from '../engine/api';
import { engine } from './engine';

/** So many rows are fetched at once: more than most screens show. */
const WINDOW = 100;

export class MailList {
  drawer = $state<Drawer>('inbox');
  /** What somebody looks for; while it is not empty, the list has what was found. */
  query = $state('');
  found = $state.raw<FoundMail | null>(null);
  /** How many conversations there are; `null` before anything is known. */
  total = $state<number | null>(null);
  /** Rows of the list, from `first` on. */
  rows = $state.raw<MailRow[]>([]);
  first = $state(0);
  /** The row that the keyboard is on. */
  at = $state(0);
  /** The row that shall be brought into sight: where somebody goes, not where a row moves because others came. */
  sought = $state.raw({ row: 0 });
  /** The row of a conversation that was opened shall be sought once the list is there. */
  #seeks = false;
  /** A message of that row, by which it is found again wherever it is by then; none while nobody has gone there. */
  #on: Id | null = null;
  #wanted = { first: 0, count: WINDOW };

  /** The row that the keyboard is on, if it is at hand. */
  get current(): MailRow | undefined {
    return this.rows[this.at - this.first];
  }

  /** The row of a conversation, if it is at hand. */
  rowOf(message: Id | null): MailRow | undefined {
    return message === null ? undefined : this.rows.find(({ messages }) => messages.includes(message));
  }

  /** Another list. */
  begin(drawer: Drawer, query: string) {
    this.drawer = drawer;
    this.query = query;
    this.total = this.found = this.#on = null;
    this.rows = [];
    this.first = this.at = 0;
    this.sought = { row: 0 };
    this.#wanted = { first: 0, count: WINDOW };
  }

  /** Whether the rows `from` to `until` have to be fetched, as they are from then on. */
  need(from: number, until: number): boolean {
    const [first, last] = [this.first, this.first + this.rows.length];
    const all = this.total ?? 0;
    if (from >= first && (until <= last || last >= all)) return false;
    // Who sees more on a large screen gets more: as much again stands above and below.
    const count = Math.max(WINDOW, 2 * (until - from));
    this.#wanted = { first: Math.max(0, from - Math.floor((count - (until - from)) / 2)), count };
    return true;
  }

  /** The keyboard goes to another row. */
  stand(index: number) {
    this.at = this.#within(index);
    this.#on = this.current?.id ?? null;
    this.sought = { row: this.at };
  }

  /** The keyboard goes to a conversation, wherever its row is. */
  standAt(message: Id) {
    this.#on = message;
    this.#seeks = true;
    this.#find();
  }

  /** Looks anew, and answers what stands around the list; `null` if somebody wants another list by now. */
  async load(isSameVisit: () => boolean): Promise<MailHome | null> {
    const { drawer, query } = this;
    const wanted = this.#wanted;
    const page = await this.page(wanted.first, wanted.count);
    if (!isSameVisit() || drawer !== this.drawer || query !== this.query || wanted !== this.#wanted) return null;
    this.found = 'whole' in page ? (page as FoundMail) : null;
    this.total = page.total;
    this.rows = page.rows;
    this.first = wanted.first;
    this.#find();
    // Who scrolls on afterwards is not called back once the row comes by.
    this.#seeks = false;
    return page.home;
  }

  page(first: number, count: number): Promise<MailPage> {
    if (this.query === '') return engine.listMail(this.drawer, first, count);
    return engine.searchMail(this.query, aheadMinutes(), first, count);
  }

  /** The messages of all rows, or those of `among` that are in one still. */
  messages(among: Id[] | null): Promise<Id[]> {
    return engine.listedMail(this.drawer, this.query, aheadMinutes(), among);
  }

  /** What came above it moves a row down. If it is gone, the keyboard is on what took its place. */
  #find() {
    const on = this.#on;
    const index = on === null ? -1 : this.rows.findIndex(({ messages }) => messages.includes(on));
    this.at = index < 0 ? this.#within(this.at) : this.first + index;
    if (index >= 0 && this.#seeks) {
      this.sought = { row: this.at };
      this.#seeks = false;
    }
    if (on !== null && this.current) this.#on = this.current.id;
  }

  #within(index: number): number {
    return Math.max(0, Math.min((this.total ?? 1) - 1, index));
  }
}

/** How far the clock here is ahead of UTC. */
function aheadMinutes(): number {
  return -new Date().getTimezoneOffset();
}
