/** The client retries each request; this is for lines that stay away longer: it waits, and goes on for as long as it takes. */
import type { EngineError, EngineErrorKind } from '../api';
import { explain } from './explain';

const WORTH_WAITING: EngineErrorKind[] = ['offline', 'unavailable', 'rate-limited'];
const FIRST_MS = 2_000;
const LONGEST_MS = 30_000;

export interface Attempts {
  signal: AbortSignal;
  waiting(error: EngineError): void;
  again(): void;
}

export async function untilItPasses<T>(work: () => Promise<T>, { signal, waiting, again }: Attempts): Promise<T> {
  for (let delayMs = FIRST_MS; ; delayMs = Math.min(2 * delayMs, LONGEST_MS)) {
    try {
      return await work();
    } catch (thrown) {
      const error = explain(thrown);
      if (signal.aborted || !WORTH_WAITING.includes(error.kind)) throw error;
      waiting(error);
      // Jitter, so that a thousand tabs do not come back in the same second.
      await pause(Math.max(delayMs * (0.5 + Math.random()), (error.retryAfterS ?? 0) * 1000), signal);
      again();
    }
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    const stop = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    signal.addEventListener('abort', stop, { once: true });
    // "online" is a hint worth following: it saves up to half a minute of waiting for nothing.
    self.addEventListener(
      'online',
      () => {
        clearTimeout(timer);
        resolve();
      },
      { once: true },
    );
  });
}
