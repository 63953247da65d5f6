/** What is ticked. It is known by its messages, so that it stays whatever part of the list is at hand. */
import { SvelteSet } from 'svelte/reactivity';
import type { Id, MailRow } from '../engine/api';

export class MailSelection {
  readonly messages = new SvelteSet<Id>();
  /** The row that was ticked last: a range begins there. */
  anchor: number | null = null;

  get isEmpty(): boolean {
    return this.messages.size === 0;
  }

  has({ messages }: MailRow): boolean {
    return messages.some((id) => this.messages.has(id));
  }

  toggle(row: MailRow, index: number) {
    if (this.has(row)) for (const id of row.messages) this.messages.delete(id);
    else this.add(row.messages);
    this.anchor = index;
  }

  add(messages: Id[]) {
    for (const id of messages) this.messages.add(id);
  }

  /** Of those that were asked for, these are there still. */
  keep(asked: Id[], present: Id[]) {
    const there = new Set(present);
    for (const id of asked) if (!there.has(id)) this.messages.delete(id);
  }

  clear() {
    this.messages.clear();
    this.anchor = null;
  }
}
