/** Who is signed in, as far as this page knows. */
import type { Account } from '../engine/api';
import { edition } from './edition.svelte';
import { asEngineError, engine, listen } from './engine';
import { forgetAccount } from './leaving';
import { router } from './router.svelte';

/** `expected`: nobody knows yet, but probably `in`. What is asked meanwhile waits until it is known. */
type Standing = 'unknown' | 'expected' | 'out' | 'in' | 'unreachable';

/** Not a secret, only a hint: without it, the first screen need not wait for the engine to say that nobody is in. */
const HINT = 'postern-stays';

class Session {
  account: Account | null = $state(null);
  reachable = $state(true);
  /** This device was left signed in. */
  readonly expected = localStorage.getItem(HINT) !== null;
  standing: Standing = $state(this.expected ? 'expected' : 'unknown');
  #asked = false;

  /** The first time, finds out who is signed in. */
  ask() {
    if (this.#asked) return;
    this.#asked = true;
    void this.#find();
  }

  async restore() {
    this.standing = 'unknown';
    await this.#find();
  }

  async #find() {
    try {
      const standing = await engine.restore();
      if (standing.signedIn) this.entered(standing.account, true);
      else this.left();
    } catch (thrown) {
      const { kind } = asEngineError(thrown);
      this.#stands(kind === 'offline' || kind === 'unavailable' ? 'unreachable' : 'out');
    }
  }

  entered(account: Account, stays: boolean) {
    this.account = account;
    if (stays) localStorage.setItem(HINT, '');
    else localStorage.removeItem(HINT);
    this.#stands('in');
  }

  left() {
    this.account = null;
    localStorage.removeItem(HINT);
    forgetAccount();
    this.#stands('out');
  }

  /** The session has ended from elsewhere; another tab may have put a new one into its place. */
  async lost() {
    this.account = null;
    forgetAccount();
    await this.restore();
  }

  #stands(standing: Standing) {
    this.standing = standing;
    router.check();
  }

  async signOut() {
    await engine.signOut();
    this.left();
  }
}

export const session = new Session();

listen((event) => {
  if (event.type === 'signed-out') void session.lost();
  if (event.type === 'reachability-changed') {
    if (event.reachable && !session.reachable) void edition.look();
    session.reachable = event.reachable;
  }
});
