/** Runs a few things at a time, in the order in which they came. */
import type { Id } from '../api';

interface Running {
  stopping: AbortController;
  ended: Promise<void>;
}

export class Queue {
  #width: number;
  #waiting: Id[] = [];
  #running = new Map<Id, Running>();
  #work: (id: Id, signal: AbortSignal) => Promise<void>;

  /** `work` must not reject: what goes wrong is its own to tell. */
  constructor(width: number, work: (id: Id, signal: AbortSignal) => Promise<void>) {
    this.#width = width;
    this.#work = work;
  }

  /** What was just stopped and is still winding up may be added again: it starts over when it has ended. */
  add(ids: Iterable<Id>) {
    for (const id of ids) {
      const active = this.#running.get(id)?.stopping.signal.aborted === false;
      if (!active && !this.#waiting.includes(id)) this.#waiting.push(id);
    }
    this.#fill();
  }

  /** Takes it out, whether it waits or runs. Resolves when it has really ended. */
  async stop(id: Id): Promise<void> {
    this.#waiting = this.#waiting.filter((waiting) => waiting !== id);
    const running = this.#running.get(id);
    running?.stopping.abort(new DOMException('stopped', 'AbortError'));
    await running?.ended;
  }

  async stopAll(): Promise<void> {
    this.#waiting = [];
    await Promise.all([...this.#running.keys()].map((id) => this.stop(id)));
  }

  #fill() {
    while (this.#running.size < this.#width) {
      const next = this.#waiting.findIndex((id) => !this.#running.has(id));
      const id = this.#waiting.splice(next, next < 0 ? 0 : 1)[0];
      if (id === undefined) return;
      const stopping = new AbortController();
      this.#running.set(id, { stopping, ended: this.#run(id, stopping.signal) });
    }
  }

  async #run(id: Id, signal: AbortSignal) {
    // The entry in #running has to be there before the work can end.
    await Promise.resolve();
    await this.#work(id, signal);
    this.#running.delete(id);
    this.#fill();
  }
}
