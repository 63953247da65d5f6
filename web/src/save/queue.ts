/** Messages in the order in which they came; `take` waits for the next. One reader at a time. */
export class Queue<T> {
  private readonly waiting: T[] = [];
  private hear: (() => void) | null = null;

  put(message: T): void {
    this.waiting.push(message);
    this.hear?.();
  }

  async take(): Promise<T> {
    while (this.waiting.length === 0) await new Promise<void>((resolve) => (this.hear = resolve));
    return this.waiting.shift() as T;
  }
}
