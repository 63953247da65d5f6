/** Puts finished contents into their folders, many in one batch: a batch costs one signed head, however large it is. */
import type { Attachment, Client } from '../skin';

/** Well below what the server takes, and few enough that a conflict with another device costs little. */
const BATCH = 200;

interface Waiting {
  attachment: Attachment;
  resolve: () => void;
  reject: (thrown: unknown) => void;
}

export class Attacher {
  #client: Client;
  #waiting: Waiting[] = [];
  #busy = false;

  constructor(client: Client) {
    this.#client = client;
  }

  attach(attachment: Attachment): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ attachment, resolve, reject });
      if (!this.#busy) void this.#work();
    });
  }

  async #work() {
    this.#busy = true;
    while (this.#waiting.length > 0) await this.#attachAll(this.#waiting.splice(0, BATCH));
    this.#busy = false;
  }

  async #attachAll(batch: Waiting[]) {
    try {
      await this.#client.attach(batch.map(({ attachment }) => attachment));
      for (const { resolve } of batch) resolve();
    } catch (thrown) {
      if (batch.length === 1) return batch[0]?.reject(thrown);
      // One that cannot be attached must not hold up its neighbours.
      for (const one of batch) await this.#attachAll([one]);
    }
  }
}
