/** The conversation that is open, and which of its letters are unfolded. A letter is read once it was unfolded. */
import { SvelteSet } from 'svelte/reactivity';
import type { EngineError, Id, Message } from '../engine/api';
import { Action } from './action.svelte';
import { engine } from './engine';

export class MailReading {
  /** Oldest first; `null` while there is nothing to show. */
  messages = $state.raw<Message[] | null>(null);
  /** It was deleted, here or elsewhere. */
  isGone = $state(false);
  readonly unfolded = new SvelteSet<Id>();
  readonly opening = new Action();
  #opened: Id | null = null;

  /** `listed`: those letters that are listed where somebody is; `noteRead`: notes on messages that they were read. */
  constructor(
    private readonly listed: (messages: Message[]) => Message[],
    private readonly noteRead: (messages: Id[]) => void,
  ) {}

  /** Opens the conversation of a message; another try if that failed. */
  async open(message: Id | null) {
    this.#opened = message;
    if (!message || !this.messages?.some(({ id }) => id === message)) this.#forget();
    if (!message) return;
    await this.opening.queue(async () => {
      if (!(await this.refresh()) || this.#opened !== message || this.unfolded.size > 0) return;
      for (const id of this.#toBegin()) this.unfolded.add(id);
      this.#note([...this.unfolded]);
    });
  }

  /** Looks anew, and answers whether there is anything. What came meanwhile stays folded: somebody is reading. */
  async refresh(): Promise<boolean> {
    const opened = this.#opened;
    if (!opened) return false;
    const messages = await conversation(opened);
    if (opened !== this.#opened) return false;
    this.messages = messages;
    this.isGone = messages === null;
    return messages !== null;
  }

  toggle(message: Id) {
    if (this.unfolded.delete(message)) return;
    this.unfolded.add(message);
    this.#note([message]);
  }

  close() {
    this.#opened = null;
    this.#forget();
  }

  /** What nobody has read, and the newest; not what was thrown away, unless somebody looks there. */
  #toBegin(): Id[] {
    const messages = this.messages ?? [];
    const here = this.listed(messages);
    const newest = here.at(-1) ?? messages.at(-1);
    return [...here.filter(({ read }) => !read), ...(newest ? [newest] : [])].map(({ id }) => id);
  }

  #note(messages: Id[]) {
    const unread = (this.messages ?? []).filter(({ id, read }) => !read && messages.includes(id));
    if (unread.length > 0) this.noteRead(unread.map(({ id }) => id));
  }

  #forget() {
    this.messages = null;
    this.isGone = false;
    this.unfolded.clear();
  }
}

async function conversation(message: Id): Promise<Message[] | null> {
  try {
    return await engine.readConversation(message);
  } catch (thrown) {
    if ((thrown as EngineError).kind === 'not-found') return null;
    throw thrown;
  }
}
