/** Whole transfers, tried again: the client says after which failures, and how long after. */
import type { EngineError } from '../api';
import { explain } from './explain';
import { skin } from './wasm';

export interface Attempts {
  signal: AbortSignal;
  waiting(error: EngineError): void;
  again(): void;
}

export async function untilItPasses<T>(work: () => Promise<T>, { signal, waiting, again }: Attempts): Promise<T> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await work();
    } catch (thrown) {
      const error = explain(thrown);
      if (signal.aborted || !skin.passes(error)) throw error;
      waiting(error);
      await skin.wait_out(error, attempt, signal);
      again();
    }
  }
}
