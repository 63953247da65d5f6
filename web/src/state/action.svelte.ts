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

  /** Waits its turn instead of being ignored: for what a person did once and expects to have happened. */
  queue(work: () => Promise<void>): Promise<boolean> {
    const turn = this.#turn.then(() => this.run(work));
    this.#turn = turn;
    return turn;
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
