/** Bytes a second over the last few seconds. Time is an argument. */

const WINDOW_MS = 5_000;

export class Meter {
  #marks: { atMs: number; bytes: number }[] = [];

  mark(bytes: number, nowMs: number) {
    this.#marks.push({ atMs: nowMs, bytes });
    while (this.#marks.length > 2 && nowMs - (this.#marks[0]?.atMs ?? nowMs) > WINDOW_MS) this.#marks.shift();
  }

  speed(): number {
    const first = this.#marks[0];
    const last = this.#marks.at(-1);
    if (!first || !last || last.atMs <= first.atMs) return 0;
    return Math.max(0, ((last.bytes - first.bytes) * 1000) / (last.atMs - first.atMs));
  }
}
