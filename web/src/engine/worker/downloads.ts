/** Downloads: opened here, written where the person said. They do not survive a reload: the browser's picker is gone then. */
import type { Id, SaveTarget } from '../api';
import type { Download, Sink } from '../skin';
import { explain } from './explain';
import { newId } from './ids';
import type { Ledger } from './ledger';
import { type EndingSink, sinkFor } from './sinks';

/** How the opened bytes are had: from the drive or from a link. */
export type Opening = (sink: Sink) => Download;

/** What ends with the session, and what does not. */
export type Whose = 'account' | 'link';

interface Running {
  whose: Whose;
  stopping: AbortController;
}

export class Downloads {
  #ledger: Ledger;
  #running = new Map<Id, Running>();
  #unsaved = new Map<Id, File>();

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  start(whose: Whose, name: string, sizeBytes: number, target: SaveTarget, open: Opening): Id {
    const id = newId();
    const stopping = new AbortController();
    this.#running.set(id, { whose, stopping });
    this.#ledger.add({
      id,
      direction: 'down',
      state: 'running',
      name,
      path: [],
      group: id,
      sizeBytes,
      doneBytes: 0,
      startedMs: Date.now(),
      speed: 0,
      error: null,
      handleKept: false,
    });
    void this.#run(id, target, open, stopping);
    return id;
  }

  cancel(ids: Id[]) {
    for (const id of ids) this.#running.get(id)?.stopping.abort(new DOMException('stopped', 'AbortError'));
  }

  /** The session has ended: what needs it stops, and nobody else shall see what was fetched. */
  forgetAccount() {
    this.cancel([...this.#running].flatMap(([id, { whose }]) => (whose === 'account' ? [id] : [])));
    this.#unsaved.clear();
  }

  /** What was written to a private file, once. */
  unsaved(id: Id): File | null {
    const file = this.#unsaved.get(id) ?? null;
    this.#unsaved.delete(id);
    return file;
  }

  async #run(id: Id, target: SaveTarget, open: Opening, stopping: AbortController) {
    let sink: EndingSink | undefined;
    try {
      sink = await sinkFor(target, () => stopping.abort(new DOMException('stopped', 'AbortError')));
      const leftOut = await this.#fill(id, sink, open, stopping.signal);
      await sink.finish();
      if (sink.finished) this.#unsaved.set(id, await sink.finished());
      const doneBytes = this.#ledger.get(id)?.sizeBytes ?? 0;
      this.#ledger.change(id, { state: 'done', doneBytes, error: null, ...(leftOut > 0 && { leftOut }) });
    } catch (thrown) {
      await sink?.discard().catch(() => undefined);
      const state = stopping.signal.aborted ? 'cancelled' : 'failed';
      this.#ledger.change(id, { state, error: state === 'failed' ? explain(thrown) : null });
    } finally {
      this.#running.delete(id);
    }
  }

  async #fill(id: Id, sink: EndingSink, open: Opening, signal: AbortSignal) {
    const download = open(sink);
    try {
      return await download.run((news) => this.#ledger.hear(id, news), signal);
    } finally {
      download.free();
    }
  }
}
