/** One thing that a person asked for: whether it is under way, and what went wrong the last time. */
import type { EngineError } from '../engine/api';
import { asEngineError, sayError } from './engine';

export class Action {
  busy = $state(false);
  error: EngineError | null = $state(null);

  get message(): string | null {
    return this.error ? sayError(this.error) : null;
  }

  #turn: Promise<unknown> = Promise.resolve();
  #looking: Promise<boolean> | null = null;
  #stale = false;

  /** Waits its turn instead of being ignored: for what a person did once and expects to have happened. */
  queue(work: () => Promise<void>): Promise<boolean> {
    const turn = this.#turn.then(() => this.run(work));
    this.#turn = turn;
    return turn;
  }

  /**
   * For looking at what others change: who asks while `look` is under way may want to know of something that it does not
   * show any more, so it is done once more afterwards. Answers when what was there at the call has been looked at.
   */
  look(look: () => Promise<void>): Promise<boolean> {
    this.#stale = true;
    this.#looking ??= this.run(() => this.#whileStale(look)).then((succeeded) => {
      this.#looking = null;
      return this.#stale ? this.look(look) : succeeded;
    });
    return this.#looking;
  }

  async #whileStale(look: () => Promise<void>) {
    while (this.#stale) {
      this.#stale = false;
      try {
        await look();
      } catch (thrown) {
        // What somebody wants by now may go well.
        if (!this.#stale) throw thrown;
      }
    }
  }

  /** Runs `work` unless something is running already, as a second click would. Answers whether it succeeded. */
  async run(work: () => Promise<void>): Promise<boolean> {
    if (this.busy) return false;
    this.busy = true;
    this.error = null;
    try {
      await work();
      return true;
    } catch (thrown) {
      this.error = asEngineError(thrown);
      if (this.error.kind === 'internal') console.error('postern:', this.error.detail);
      return false;
    } finally {
      this.busy = false;
    }
  }
}
