/** Who is signed in, as far as this page knows. */
import type { Account } from '../engine/api';
import { asEngineError, engine, listen } from './engine';

type Standing = 'unknown' | 'out' | 'in' | 'unreachable';

class Session {
  standing: Standing = $state('unknown');
  account: Account | null = $state(null);
  reachable = $state(true);

  async restore() {
    this.standing = 'unknown';
    try {
      const standing = await engine.restore();
      if (standing.signedIn) this.entered(standing.account);
      else this.left();
    } catch (thrown) {
      const { kind } = asEngineError(thrown);
      this.standing = kind === 'offline' || kind === 'unavailable' ? 'unreachable' : 'out';
    }
  }

  entered(account: Account) {
    this.account = account;
    this.standing = 'in';
  }

  left() {
    this.account = null;
    this.standing = 'out';
  }

  async signOut() {
    await engine.signOut();
    this.left();
  }
}

export const session = new Session();

listen((event) => {
  if (event.type === 'signed-out') session.left();
  if (event.type === 'reachability-changed') session.reachable = event.reachable;
});
