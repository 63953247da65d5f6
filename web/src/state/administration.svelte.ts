/** Domains and addresses, for whoever administers them. */
import type { AddressAt, DnsRecord, Domain } from '../engine/api';
import { Action } from './action.svelte';
import { engine } from './engine';
import { beginVisit, whenLeft } from './leaving';

class Administration {
  /** Whether the account that is signed in may. Only what is shown depends on it. */
  mine = $state(false);
  all: Domain[] | null = $state.raw(null);
  readonly loading = new Action();

  /** Asks whether it may. Who cannot be asked does not show it. */
  async ask() {
    const isSameVisit = beginVisit();
    const mine = await engine.administers().catch(() => false);
    if (isSameVisit()) this.mine = mine;
  }

  load() {
    return this.loading.look(async () => {
      const isSameVisit = beginVisit();
      const all = await engine.domains();
      if (isSameVisit()) this.all = all;
    });
  }
}

export const administration = new Administration();

whenLeft(() => {
  administration.mine = false;
  administration.all = null;
});

/** What DNS says of one domain. */
export class DnsLook {
  readonly #domain: string;
  records: DnsRecord[] | null = $state.raw(null);
  readonly looking = new Action();

  constructor(domain: string) {
    this.#domain = domain;
  }

  get wrong(): number {
    return (this.records ?? []).filter(({ needed, state }) => needed && (state === 'missing' || state === 'different'))
      .length;
  }

  get isUnknown(): boolean {
    return (this.records ?? []).some(({ needed, state }) => needed && state === 'unknown');
  }

  look() {
    return this.looking.look(async () => {
      this.records = await engine.checkDomain(this.#domain);
    });
  }
}

/** The addresses of one domain, as many pages of them as somebody has asked for. */
export class AddressBook {
  readonly #domain: string;
  all: AddressAt[] | null = $state.raw(null);
  more = $state(false);
  readonly loading = new Action();
  readonly giving = new Action();
  readonly taking = new Action();

  constructor(domain: string) {
    this.#domain = domain;
  }

  load() {
    return this.loading.look(async () => this.#page([]));
  }

  further() {
    return this.loading.run(async () => this.#page(this.all ?? []));
  }

  give(local: string, account: string) {
    return this.giving.run(async () => {
      await engine.giveAddress(this.#domain, local, account);
      await this.#page([]);
    });
  }

  take(local: string) {
    return this.taking.run(async () => {
      await engine.takeAddress(this.#domain, local);
      await this.#page([]);
    });
  }

  async #page(before: AddressAt[]) {
    const page = await engine.addressesAt(this.#domain, before.at(-1)?.local ?? null);
    this.all = [...before, ...page.addresses];
    this.more = page.more;
  }
}
