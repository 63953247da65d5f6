/** The list of transfers, and the telling of what changed in it. */
import type { EngineEvent, Id, Transfer, TransferState } from '../api';
import type { TransferNews } from '../skin';
import { Meter } from './meter';

const TELL_MS = 200;

/** From these a transfer does not move by itself. */
export const ENDED: TransferState[] = ['done', 'failed', 'cancelled'];

export class Ledger {
  #rows = new Map<Id, Transfer>();
  #meters = new Map<Id, Meter>();
  #changed = new Set<Id>();
  #removed = new Set<Id>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #tell: (event: EngineEvent) => void;
  #now: () => number;

  constructor(tell: (event: EngineEvent) => void, now: () => number) {
    this.#tell = tell;
    this.#now = now;
  }

  all(): Transfer[] {
    return [...this.#rows.values()];
  }

  get(id: Id): Transfer | undefined {
    return this.#rows.get(id);
  }

  add(row: Transfer) {
    this.#rows.set(row.id, row);
    this.#note(row.id);
  }

  change(id: Id, change: Partial<Transfer>) {
    const row = this.#rows.get(id);
    if (!row) return;
    this.#rows.set(id, { ...row, ...change, ...(change.state && change.state !== 'running' ? { speed: 0 } : {}) });
    if (change.state && change.state !== 'running') this.#meters.delete(id);
    this.#note(id);
  }

  /** What the client tells of a transfer that it has under way. */
  hear(id: Id, news: TransferNews) {
    if (news.is === 'progress') return this.progress(id, news.doneBytes);
    this.change(id, { state: news.is, error: 'error' in news ? news.error : null });
  }

  /** Progress goes back when an attempt starts over; the meter then begins anew, the bar does not lie. */
  progress(id: Id, doneBytes: number) {
    const row = this.#rows.get(id);
    if (row?.state !== 'running') return;
    const meter = this.#meters.get(id) ?? new Meter();
    this.#meters.set(id, meter);
    meter.mark(doneBytes, this.#now());
    this.change(id, { doneBytes, speed: meter.speed() });
  }

  remove(id: Id) {
    if (!this.#rows.delete(id)) return;
    this.#meters.delete(id);
    this.#changed.delete(id);
    this.#removed.add(id);
    this.#soon();
  }

  /** Forgets what has ended or been stopped, and what has not. */
  clear() {
    for (const id of [...this.#rows.keys()]) this.remove(id);
  }

  #note(id: Id) {
    this.#changed.add(id);
    this.#soon();
  }

  /** At most five times a second: a page that redraws for each chunk has no time left for the person. */
  #soon() {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      const changed = [...this.#changed].flatMap((id) => this.#rows.get(id) ?? []);
      const removed = [...this.#removed];
      this.#changed.clear();
      this.#removed.clear();
      this.#tell({ type: 'transfers-changed', changed, removed });
    }, TELL_MS);
  }
}
