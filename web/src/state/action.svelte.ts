/** One thing that a person asked for: whether it is under way, and what went wrong the last time. */
import type { EngineError } from '../engine/api';
import { asEngineError, sayError } from './engine';

export class Action {
  busy = $state(false);
  error: EngineError | null = $state(null);

  get message(): string | null {
    return this.error ? sayError(this.error) : null;
  }

  /** Runs `work` unless it is running already. Answers whether it succeeded. */
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
